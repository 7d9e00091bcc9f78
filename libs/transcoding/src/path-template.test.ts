import { parsePathTemplate } from './path-template';

const match = (template: string, path: string) => parsePathTemplate(template).pattern.exec(path)?.slice(1);

describe('a path template', () => {
  it.each<[string, string, string[] | undefined]>([
    ['/v1/users', '/v1/users', []],
    ['/v1/users', '/v1/users/', undefined],
    ['/v1/users', '/v1/Users', undefined],
    ['/.well-known/jwks.json', '/xwell-known/jwks.json', undefined],
    ['/v1/users/{id}', '/v1/users/a', ['a']],
    ['/v1/users/{id}', '/v1/users/', undefined],
    ['/v1/users/{id}', '/v1/users/a/b', undefined],
    ['/v1/{a.b}/x/{c}', '/v1/1/x/2', ['1', '2']],
    ['/v1/*/x', '/v1/any/x', []],
    ['/v1/{name=users/*}', '/v1/users/a', ['users/a']],
    ['/v1/{name=users/*/keys/*}:rotate', '/v1/users/a/keys/b:rotate', ['users/a/keys/b']],
    ['/v1/{name=**}', '/v1/a/b/c', ['a/b/c']],
    ['/v1/users/{id}:activate', '/v1/users/a:activate', ['a']],
    ['/v1/users/{id}:activate', '/v1/users/a', undefined],
  ])('%s and %s', (template, path, expected) => expect(match(template, path)).toEqual(expected));

  it('has the shape of every other that matches the same paths', () => {
    const shape = (template: string) => parsePathTemplate(template).shape;
    expect(shape('/v1/users/{id}')).toBe(shape('/v1/users/{user.id=*}'));
    expect(shape('/v1/{name=users/*}')).toBe(shape('/v1/users/{id}'));
    expect(shape('/v1/users/{id}:go')).not.toBe(shape('/v1/users/{id}'));
  });

  it.each([
    ['v1/users', 'must begin with /'],
    ['/v1//users', 'a segment is empty'],
    ['/v1/', 'a segment is empty'],
    ['/v1/{id', 'a { is not closed'],
    ['/v1/{}', '{} is no field path'],
    ['/v1/{a-b}', '{a-b} is no field path'],
    ['/v1/{id}x', 'a segment must follow at x'],
    ['/v1/{a=b{c}', '{a=b{c holds another {'],
    ['/v1/{a=b=c}', '{a has a second ='],
    ['/v1/a*', 'neither a word nor a wildcard'],
    ['/v1/{a=**}/b', '** must be the last segment'],
    ['/v1/{a}/{a}', 'the variable a stands in it twice'],
    ['/v1/a b', 'has a character that no path has'],
    ['/v1/a%20b', 'has a character that no path has'],
  ])('%s is refused', (template, problem) => expect(() => parsePathTemplate(template)).toThrow(problem));
});
