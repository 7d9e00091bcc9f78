import { toCauseChain } from './cause-chain';

const withCode = (message: string, code: string, name = 'error') => Object.assign(new Error(message), { code, name });

describe('the chain of causes in a line', () => {
  it('tells type, message, code and frames, outermost first', () => {
    const root = withCode('connect ECONNREFUSED 127.0.0.1:5432', 'ECONNREFUSED', 'Error');
    const chain = toCauseChain(new TypeError('no answer', { cause: root }));
    expect(chain).toMatchObject([
      { type: 'TypeError', message: 'no answer' },
      { type: 'Error', message: 'connect ECONNREFUSED 127.0.0.1:5432', code: 'ECONNREFUSED' },
    ]);
    expect(chain[0]!.stack![0]).toMatch(/^at .*cause-chain\.test\.ts:\d+:\d+/);
    expect(chain[0]!.stack!.length).toBeLessThanOrEqual(6);
  });

  it('ends, also where the causes go in a circle', () => {
    const error = new Error('round');
    error.cause = error;
    expect(toCauseChain(error)).toHaveLength(8);
  });

  it('tells of what is no error its type alone', () => {
    expect(toCauseChain('a secret')).toEqual([{ type: 'string' }]);
    expect(toCauseChain(new Error('outer', { cause: { password: 'a secret' } }))[1]).toEqual({ type: 'object' });
    expect(toCauseChain(null)).toEqual([{ type: 'null' }]);
  });

  it.each([
    ['an address', new Error('duplicate of ada.lovelace+1@example.co.uk, it seems'), 'duplicate of [redacted], it seems'],
    ['the password of a URL', new Error('cannot reach postgres://user:hunter2@db:5432/gatehouse'), 'cannot reach postgres://[redacted]@db:5432/gatehouse'],
    ['a bearer token', new Error('refused: Bearer abc.def-ghi'), 'refused: Bearer [redacted]'],
    ['a JWT', new Error('bad eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln here'), 'bad [redacted] here'],
    ['the value that PostgreSQL could not read', withCode('invalid input syntax for type uuid: "hunter2 "or" so"', '22P02'), 'invalid input syntax for type uuid: [redacted]'],
    ['the text that was no JSON', new SyntaxError('Unexpected token \'h\', "hunter2" is not valid JSON'), 'Unexpected token [redacted] is not valid JSON'],
  ])('does not tell %s', (_, error, message) => {
    const chain = toCauseChain(error);
    expect(chain[0]!.message).toBe(message);
    expect(JSON.stringify(chain)).not.toMatch(/hunter2|example|abc\.def/);
  });

  it('keeps the names that other errors of PostgreSQL quote', () => {
    const message = 'duplicate key value violates unique constraint "users_email_key"';
    expect(toCauseChain(withCode(message, '23505'))[0]!.message).toBe(message);
  });

  it('leaves out the lines of a message from the frames', () => {
    const error = new Error('first\nhunter2\n    at hunter2');
    expect(JSON.stringify(toCauseChain(error)[0]!.stack)).not.toContain('hunter2');
  });

  it('cuts a long message', () => {
    expect(toCauseChain(new Error('x'.repeat(100_000)))[0]!.message).toHaveLength(1024);
  });
});
