import { declareError } from '@gatehouse/errors';
import { toCauseChain } from './cause-chain';

const toThrown = (work: () => unknown): Error => {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
};
const toStatus = (details: string) => Object.assign(new Error(`14 UNAVAILABLE: ${details}`), { code: 14, details });
const thing = {
  code: 'NOT_FOUND',
  reason: 'THING_MISSING',
  domain: 'thing.gatehouse',
  title: 'Thing missing',
  message: 'there is no {name}',
  retry: 'never',
  metadata: ['name'],
} as const;
const thingMissing = (name: string) => declareError(thing)({ name });
const withCode = (message: string, code: string, name = 'error') => Object.assign(new Error(message), { code, name });

describe('the chain of causes in a line', () => {
  it('tells type, message, code and frames, outermost first', () => {
    const root = withCode('connect ECONNREFUSED 127.0.0.1:5432', 'ECONNREFUSED', 'Error');
    const chain = toCauseChain(new TypeError('no answer', { cause: root }));
    expect(chain).toMatchObject([
      { type: 'TypeError', message: 'no answer' },
      { type: 'Error', message: 'connect ECONNREFUSED 127.0.0.1:5432', code: 'ECONNREFUSED' },
    ]);
    const frames = chain[0]!.stacktrace!.split('\n');
    expect(frames[0]).toMatch(/^at .*cause-chain\.test\.ts:\d+:\d+/);
    expect(frames.length).toBeLessThanOrEqual(6);
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
    ['a refresh token', new Error('ghr_hunter2 is spent'), '[redacted] is spent'],
    ['the value that PostgreSQL could not read', withCode('invalid input syntax for type uuid: "hunter2 "or" so"', '22P02'), undefined],
    ['what a routine of the database says', withCode('hunter2 is not welcome', 'P0001'), undefined],
    ['the text that was no JSON', new SyntaxError('Unexpected token \'h\', "hunter2" is not valid JSON'), undefined],
    ['the text that was no number', toThrown(() => BigInt('hunter2')), undefined],
    ['an argument of the wrong kind', toThrown(() => Buffer.alloc('hunter2' as never)), undefined],
    ['what another server answered', toStatus('no hunter2 here'), undefined],
    ['what another server answered as the transport would', toStatus('Deadline exceeded after 1s for "hunter2"'), undefined],
    ['the values of its own error', thingMissing('hunter2'), 'there is no {name}'],
  ])('does not tell %s', (_, error, message) => {
    const chain = toCauseChain(error);
    expect(chain[0]!.message).toBe(message);
    expect(JSON.stringify(chain)).not.toMatch(/hunter2|example|abc\.def/);
  });

  it.each([
    'No connection established. Last error: connect ECONNREFUSED 127.0.0.1:50051',
    'Deadline exceeded after 0.500s,remote_addr=127.0.0.1:50071',
    'Received RST_STREAM with code 2 (Internal server error)',
  ])('keeps what the transport says of itself: %s', (details) =>
    expect(toCauseChain(toStatus(details))[0]).toMatchObject({ message: expect.stringContaining(details), code: 14 }),
  );

  it('tells no text that holds what is confidential, in whatever case and form it comes', () => {
    const confidential = ['Zoe\u0301 Quill', 'hunter2', ''];
    const error = new Error('no row for ZO\u00c9 QUILL', { cause: new Error('HUNTER2!', { cause: new Error('it is late') }) });
    expect(toCauseChain(error, confidential).map(({ message }) => message)).toEqual(['[redacted]', '[redacted]', 'it is late']);
  });

  it('tells a name and a code that are such, and no other', () => {
    const { type, code } = toCauseChain(withCode('x', 'for hunter2', 'hunter2 <a@b.c>'))[0]!;
    expect([type, code]).toEqual(['Error', undefined]);
    expect(toCauseChain(withCode('x', 'HUNTER2', 'hunter2'), ['hunter2'])[0]).toMatchObject({ type: 'Error' });
    expect(JSON.stringify(toCauseChain(withCode('x', 'HUNTER2', 'hunter2'), ['hunter2']))).not.toMatch(/"(type|code)":"hunter2"/i);
    expect(toCauseChain(withCode('x', '40001'))[0]).toMatchObject({ code: '40001' });
  });

  it('keeps the names that other errors of PostgreSQL quote', () => {
    const message = 'duplicate key value violates unique constraint "users_email_key"';
    expect(toCauseChain(withCode(message, '23505'))[0]!.message).toBe(message);
  });

  it('gives no frames where the message above them is another by now', () => {
    const error = Object.assign(new Error('first\n    at hunter2 (/x:1:1)'), { message: 'second' });
    expect(JSON.stringify(toCauseChain(error))).not.toContain('hunter2');
  });

  it('cuts a long message', () => {
    expect(toCauseChain(new Error('x'.repeat(100_000)))[0]!.message).toHaveLength(1024);
  });
});
