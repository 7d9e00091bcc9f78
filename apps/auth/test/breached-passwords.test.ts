import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { createBreachedPasswords } from '../src/passwords/breached-passwords';
import { type AuthUnderTest, startAuth, until, verdictOf } from './auth-under-test';

const breached = 'seven purple bicycles';
const unknown = 'eight yellow tractors';
const digestOf = (password: string) => createHash('sha1').update(password).digest('hex').toUpperCase();
/** What a range has: the rest of a digest that is known, one that is not, and one that pads. */
const rangeOf = (password: string) => `${'0'.repeat(34)}1:7\r\n${digestOf(password).slice(5)}:42\r\n${digestOf(unknown).slice(5)}:0\r\n`;

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const gives =
  (status: number, body: string, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    response.writeHead(status, headers).end(body);
const knows = gives(200, rangeOf(breached));
const failing: [string, Answer][] = [
  ['hangs', () => {}],
  ['begins and hangs', (_, response) => void response.write('0000')],
  ['fails', gives(500, 'out of order')],
  ['is gone', (request) => request.socket.destroy()],
  ['answers a page', gives(200, '<html>log in to the proxy</html>')],
  ['answers nothing', gives(200, '')],
  ['answers without an end', (_, response) => void (response.write(`${'0'.repeat(35)}:1\n`.repeat(40_000)), response.end())],
  ['leads elsewhere', (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
];

let answer: Answer = knows;
const requests: IncomingMessage[] = [];
const server = createServer((request, response) => {
  requests.push(request);
  answer(request, response);
});
let url: string;
let under: AuthUnderTest;
const lines = new PassThrough();
let log = '';
lines.on('data', (chunk) => (log += chunk));
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/range`;
  under = await startAuth({
    settings: { AUTH_BREACHED_PASSWORDS_URL: url, AUTH_BREACHED_PASSWORDS_TIMEOUT_MS: '10000', LOG_LEVEL: 'info' },
    overrides: { logStream: lines },
  });
});
beforeEach(() => {
  answer = knows;
  requests.length = 0;
});
afterAll(async () => {
  await under.close();
  server.closeAllConnections();
  server.close();
});
let people = 0;
const signUp = (password: string, at = under) => verdictOf(at.auth.signUp({ email: `person-${++people}@example.com`, password }));

describe('a password that became known elsewhere', () => {
  it('is refused, and only five digits of its digest were told, with padding asked for', async () => {
    expect(await signUp(breached)).toBe('INVALID_ARGUMENT PASSWORD_BREACHED');
    expect(requests.map(({ url: path, headers }) => [path, headers['add-padding']])).toEqual([[`/range/${digestOf(breached).slice(0, 5)}`, 'true']]);
    expect(JSON.stringify(requests[0]!.rawHeaders)).not.toContain(digestOf(breached).slice(5));
  });

  it('is not one that only pads the answer, or is not in it', async () => {
    expect([await signUp(unknown), await signUp('nine crimson lanterns')]).toEqual(['OK', 'OK']);
    expect(requests).toHaveLength(2);
  });

  it('is not asked for where the password is refused anyway', async () => {
    expect(await signUp('password1')).toBe('INVALID_ARGUMENT PASSWORD_BREACHED');
    expect(requests).toHaveLength(0);
  });

  it('is refused at a change as well, in the field of the new one', async () => {
    const { accessToken } = await under.auth.signUp({ email: 'changes@example.com', password: unknown });
    await expect(under.passwordsAs(accessToken).changePassword({ oldPassword: unknown, newPassword: breached })).rejects.toMatchObject({
      reason: 'PASSWORD_BREACHED',
      violations: [{ field: 'newPassword', reason: 'password.breached' }],
    });
  });
});

describe('where breached passwords cannot be asked for', () => {
  it.each(failing)('because who is asked %s, it is known that it is not known', async (_, fails) => {
    answer = fails;
    const failures: unknown[] = [];
    const isBreached = createBreachedPasswords({ url, timeoutMs: 200, restMs: 10, observer: { answered: () => {}, failed: (error) => failures.push(error) } });
    await expect(isBreached(breached)).rejects.toThrow();
    expect(failures).toHaveLength(1);
    answer = knows;
    await until(() => isBreached(breached).catch(() => false));
  });

  it('a password is taken, or the call fails, as the setting says; the log tells it once, and nothing of the password', async () => {
    answer = gives(500, 'out of order');
    const strict = await startAuth({ beside: under, settings: { AUTH_BREACHED_PASSWORDS_URL: url, AUTH_BREACHED_PASSWORDS_FAIL: 'closed' } });
    expect([await signUp(breached), await signUp(breached)]).toEqual(['OK', 'OK']);
    expect(await signUp(breached, strict)).toBe('UNAVAILABLE UNAVAILABLE');
    await until(() => log.includes('breached passwords cannot be asked for'));
    for (const secret of [breached, digestOf(breached).slice(5), `range/${digestOf(breached).slice(0, 5)}`])
      expect(log.toUpperCase()).not.toContain(secret.toUpperCase());
    answer = knows;
    expect(await signUp(breached)).toBe('INVALID_ARGUMENT PASSWORD_BREACHED');
    await until(() => log.includes('breached passwords can be asked for again'));
    expect(log.match(/breached passwords cannot be asked for/g)).toHaveLength(1);
    await strict.close();
  });

  it('they are not asked for a while after three failures, and then again', async () => {
    answer = gives(500, 'out of order');
    const isBreached = createBreachedPasswords({ url, timeoutMs: 10_000, restMs: 1_000 });
    for (let attempt = 0; attempt < 6; attempt++) await expect(isBreached(breached)).rejects.toThrow();
    expect(requests).toHaveLength(3);
    answer = knows;
    await until(() => isBreached(breached).catch(() => false));
  });
});
