import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logIn, send, signUp } from './support/http';
import { freePorts, type Launcher, startLauncher } from './support/launcher';
import { until } from './support/service-process';

let folder: string;
let launcher: Launcher | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse look '));
  chmodSync(folder, 0o711);
});
afterEach(async () => {
  launcher?.child.kill('SIGTERM');
  await launcher?.exited;
  rmSync(folder, { recursive: true, force: true });
});

interface Found {
  readonly traceId: string;
  readonly services: readonly string[];
  readonly spans: number;
}

it('shows the requests that came, each with its spans in three services and what was logged of it, and who called whom', async () => {
  launcher = startLauncher({ GATEHOUSE_DATA_DIR: join(folder, 'data'), ...(await freePorts()) });
  const { url, email, password, look = '' } = await launcher.ready();
  const read = async (path: string) => (await send(look, 'GET', path)).body;
  const signedUp = await signUp(url, 'seen@example.com', 'a password to be seen nowhere');
  const problem = await send(url, 'POST', '/v1/auth/login', { body: { email: 'seen@example.com', password: 'a wrong password' } });
  expect([signedUp.status, problem.status]).toEqual([200, 401]);
  const token = await logIn(url, { email, password });

  const find = async (name: string, status: string) => {
    const { requests } = await read('/api/now?after=0');
    return requests.find((request: Found & { name: string; status: string }) => request.name === name && request.status === status) as Found | undefined;
  };
  await until(
    'the sign-up is whole',
    async () => (await find('POST /v1/auth/signup', '200'))?.services.length === 3 && ((await find('POST /v1/auth/signup', '200'))?.spans ?? 0) > 15,
  );
  const { traceId } = (await find('POST /v1/auth/signup', '200'))!;
  let trace = await read(`/api/traces/${traceId}`);
  expect(trace.spans.map(({ service, name }: { service: string; name: string }) => `${service} ${name}`)).toEqual(
    expect.arrayContaining([
      'gateway POST /v1/auth/signup',
      'auth gatehouse.auth.v1.AuthService/SignUp',
      'user gatehouse.user.v1.UserService/CreateUser',
      'user insert-user',
    ]),
  );
  // spans and lines come by ways of their own
  await until('all three have logged it', async () => {
    trace = await read(`/api/traces/${traceId}`);
    return ['gateway', 'auth', 'user'].every((name) => trace.lines.some(({ service }: { service: string }) => service === name));
  });

  await until('the refusal is there', async () => (await find('POST /v1/auth/login', '401'))?.traceId === problem.body.traceId);
  let refusal: { lines: readonly { text: string }[] } = { lines: [] };
  await until('what was logged of it is there', async () => {
    refusal = await read(`/api/traces/${problem.body.traceId}`);
    return refusal.lines.some(({ text }) => JSON.parse(text).reason === 'INVALID_CREDENTIALS');
  });

  // others ask for keys, whenever they do
  const isKnown = (name: string) => ['clients', 'gateway', 'auth', 'user'].includes(name.replace(/ database$/, ''));
  const toArrows = async () =>
    (await read('/api/now')).edges.flatMap(({ from, to }: { from: string; to: string }) => (isKnown(from) && isKnown(to) ? [`${from} → ${to}`] : [])).sort();
  const arrows = ['auth → auth database', 'auth → user', 'clients → gateway', 'gateway → auth', 'gateway → user', 'user → auth', 'user → user database'];
  await send(url, 'GET', '/v1/users/me', { token });
  await until('the map is whole', async () => (await toArrows()).length === arrows.length);
  expect(await toArrows()).toEqual(arrows);

  const told = JSON.stringify([await read('/api/now?after=0'), trace, refusal]);
  for (const secret of [password, 'a password to be seen nowhere', 'a wrong password', 'seen@example.com', token]) expect(told).not.toContain(secret);
});
