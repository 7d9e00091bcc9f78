import { type CollectedSpan, createTestCollector, type TestCollector } from '@gatehouse/observability/testing';
import { readFileSync } from 'node:fs';
import { type Gatehouse, services, startGatehouse } from './support/gatehouse';
import { type Answer, logIn, send } from './support/http';
import { traceIdOf, waitForTrees } from './support/trace-tree';

const requests = 100;
const atATime = 5;

let collector: TestCollector;
let gatehouse: Gatehouse;
let token: string;
beforeAll(async () => {
  collector = await createTestCollector();
  gatehouse = await startGatehouse({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.grpcUrl, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' },
  });
  token = await logIn(gatehouse.url, gatehouse.administrator);
});
afterAll(async () => {
  await gatehouse.close();
  await collector.close();
});

type Ask = (index: number) => Promise<Answer>;
const ask = (method: string, path: string, options: Parameters<typeof send>[3] = {}) => send(gatehouse.url, method, path, options);
const nobody = '018f0000-0000-7000-8000-000000000001';
const getUser = [
  'gateway server GET /v1/users/{id}',
  '  gateway client gatehouse.user.v1.UserService/GetUser',
  '    user server gatehouse.user.v1.UserService/GetUser',
  '      user internal load-users-by-id',
];
// reads at the same time are one statement, whose spans are in the trace of one of them
const isOwn = ({ name, kind }: CollectedSpan) => !(/^load-users-by-\w+( batch)?$/.test(name) && (name.endsWith(' batch') || kind === 'CLIENT'));

const kinds: readonly (readonly [name: string, status: number, ask: Ask, tree: readonly string[]])[] = [
  ['that read', 200, () => ask('GET', '/v1/users/me', { token }), getUser],
  ['for what is not there', 404, () => ask('GET', `/v1/users/${nobody}`, { token }), getUser],
  ['without a token', 401, () => ask('GET', '/v1/users/me'), getUser.slice(0, 1)],
  [
    'that break a rule',
    400,
    () => ask('POST', '/v1/auth/login', { body: {} }),
    ['gateway server POST /v1/auth/login', '  gateway client gatehouse.auth.v1.AuthService/Login', '    auth server gatehouse.auth.v1.AuthService/Login'],
  ],
  [
    'that write',
    200,
    (index) =>
      ask('POST', '/v1/users', {
        token,
        body: { email: `made-${index}@example.com` },
        headers: { 'idempotency-key': `018f0000-0000-4000-8000-${String(index).padStart(12, '0')}` },
      }),
    [
      'gateway server POST /v1/users',
      '  gateway client gatehouse.user.v1.UserService/CreateUser',
      '    user server gatehouse.user.v1.UserService/CreateUser',
      '      user client begin-read-committed',
      '      user client insert-idempotency-record',
      '      user client lift-lock-timeout',
      '      user client insert-user',
      '      user client append-outbox-events',
      '      user client store-idempotent-response',
      '      user client commit',
    ],
  ],
  [
    'that sign people up, in both services,',
    200,
    (index) => ask('POST', '/v1/auth/signup', { body: { email: `up-${index}@example.com`, password: 'correct horse battery' } }),
    [
      'gateway server POST /v1/auth/signup',
      '  gateway client gatehouse.auth.v1.AuthService/SignUp',
      '    auth server gatehouse.auth.v1.AuthService/SignUp',
      '      auth client reserve-attempts',
      '      auth client begin-sign-up',
      '      auth client gatehouse.user.v1.UserService/CreateUser',
      '        user server gatehouse.user.v1.UserService/CreateUser',
      '          user client begin-read-committed',
      '          user client insert-idempotency-record',
      '          user client lift-lock-timeout',
      '          user client insert-user',
      '          user client append-outbox-events',
      '          user client store-idempotent-response',
      '          user client commit',
      '      auth client gatehouse.user.v1.UserService/ResolvePerson',
      '        user server gatehouse.user.v1.UserService/ResolvePerson',
      '          user internal load-users-by-email',
      '          user client find-permissions-of-roles',
      '      auth client begin-read-committed',
      '      auth client end-sign-up',
      '      auth client insert-password-hash',
      '      auth client hold-person',
      '      auth client insert-session',
      '      auth client commit',
    ],
  ],
];

it.each(kinds)(`${requests} requests %s are ${requests} whole traces (%d)`, async (_, status, request, tree) => {
  const answers: Answer[] = [];
  for (let index = 0; index < requests; index += atATime)
    answers.push(...(await Promise.all(Array.from({ length: atATime }, (_unused, offset) => request(index + offset)))));
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([status]));
  const traceIds = [...new Set(answers.map(({ headers }) => traceIdOf(headers)))];
  expect(traceIds).toHaveLength(requests);
  expect(await waitForTrees(collector, traceIds, tree.length, isOwn)).toEqual(Array(requests).fill(tree));
});

it('no attribute is sent that docs/observability.md does not name', () => {
  const page = readFileSync(`${__dirname}/../../../docs/observability.md`, 'utf8');
  const names = new Set(
    collector.spans.flatMap((span) => [span, { attributes: span.resource }, ...span.events].flatMap(({ attributes }) => Object.keys(attributes))),
  );
  expect(names.size).toBeGreaterThan(10);
  expect([...names].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

it('nothing is lost of what a process that is told to end has done', async () => {
  const answers = await Promise.all(Array.from({ length: requests }, () => ask('GET', '/v1/users/me', { token })));
  // at once: no batch has gone by itself
  for (const service of services) gatehouse.processes[service].child.kill('SIGTERM');
  expect(await Promise.all(services.map(async (service) => gatehouse.processes[service].exited))).toEqual(services.map(() => ({ code: 0, signal: null })));
  const traceIds = answers.map(({ headers }) => traceIdOf(headers));
  expect(await waitForTrees(collector, traceIds, getUser.length, isOwn)).toEqual(Array(requests).fill(getUser));
});
