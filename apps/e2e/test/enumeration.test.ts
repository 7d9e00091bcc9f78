import { randomInt, randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { freePort } from './support/free-port';
import { type Gatehouse, startGatehouse } from './support/gatehouse';
import { type Answer, send, signUp } from './support/http';
import { toAuc, toMedian } from './support/separability';

const isProof = process.env['PROOF'] === 'full';
// accounts, and calls of each method with an email of one and with an email of none
const [people, calls] = isProof ? [100, 1_000] : [5, 60];
const settings = { auth: { AUTH_SIGNUP_VERIFICATION: 'off' } as Record<string, string> };

let gatehouse: Gatehouse;
let mails: SMTPServer;
const known: string[] = [];
beforeAll(async () => {
  mails = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData: (stream, _session, done) => void stream.on('end', () => done()).resume(),
  });
  // a service that ends leaves its connections as they are
  mails.on('error', () => {});
  const port = await freePort();
  await new Promise<void>((listening) => mails.listen(port, '127.0.0.1', listening));
  const mail = { AUTH_SMTP_URL: `smtp://127.0.0.1:${port}`, AUTH_SMTP_TLS: 'off', AUTH_MAIL_FROM: 'no-reply@gatehouse.test' };
  gatehouse = await startGatehouse({ own: settings });
  for (let person = 0; person < people; person++) {
    const email = `${randomUUID()}@example.com`;
    expect((await signUp(gatehouse.url, email)).status).toBe(200);
    known.push(email);
  }
  // from now on nobody is to learn of them
  await gatehouse.stop('auth');
  settings.auth = { ...mail, AUTH_SIGNUP_VERIFICATION: 'required' };
  gatehouse.start('auth');
  await gatehouse.ready();
}, 300_000);
afterAll(async () => {
  await gatehouse?.close();
  await new Promise<void>((closed) => mails.close(() => closed()));
});

const methods: Readonly<Record<string, (email: string) => Promise<Answer>>> = {
  Login: (email) => send(gatehouse.url, 'POST', '/v1/auth/login', { body: { email, password: 'no password of anybody' } }),
  SignUp: (email) => signUp(gatehouse.url, email),
  RequestPasswordReset: (email) => send(gatehouse.url, 'POST', '/v1/auth/password:requestReset', { body: { email } }),
  ResendVerification: (email) => send(gatehouse.url, 'POST', '/v1/auth/email:resendVerification', { body: { email } }),
};

/** What of an answer can be told apart: everything but what is another each time, whoever asks. */
const shapeOf = ({ status, headers, body }: Answer): string =>
  JSON.stringify({ status, headers: [...headers].filter(([name]) => name !== 'date'), body })
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'uuid')
    .replace(/[0-9a-f]{32}/g, 'trace')
    .replace(/[0-9a-f]{16}/g, 'span');

it.each(Object.keys(methods))(
  '%s answers the same whether the email has an account or not, and as soon',
  async (method) => {
    const times = { known: [] as number[], unknown: [] as number[] };
    const shapes = { known: new Set<string>(), unknown: new Set<string>() };
    for (let call = 0; call < calls; call++) {
      const pair = [
        ['known', known[call % people]!],
        ['unknown', `${randomUUID()}@example.com`],
      ] as const;
      for (const [whose, email] of randomInt(2) ? pair : [...pair].reverse()) {
        const begin = performance.now();
        const answer = await methods[method]!(email);
        times[whose].push(performance.now() - begin);
        shapes[whose].add(shapeOf(answer));
      }
    }
    expect([...shapes.known]).toHaveLength(1);
    expect(shapes.unknown).toEqual(shapes.known);
    if (isProof) keepAuc(method, times);
  },
  600_000,
);

const aucs: Record<string, number> = {};
const medianMs: Record<string, readonly [number, number]> = {};

function keepAuc(method: string, times: { known: number[]; unknown: number[] }): void {
  aucs[method] = Number(toAuc(times.known, times.unknown).toFixed(3));
  medianMs[method] = [Number(toMedian(times.known).toFixed(1)), Number(toMedian(times.unknown).toFixed(1))];
  const folder = resolve(__dirname, '../../../tmp/measurements');
  mkdirSync(folder, { recursive: true });
  writeFileSync(resolve(folder, 'enumeration.json'), JSON.stringify({ calls, people, aucs, medianMs }));
  expect(aucs[method]).toBeLessThan(0.55);
}
