import { fromBinary, ScalarType } from '@bufbuild/protobuf';
import { createChannel, findConfidential, type RpcChannel, type RpcMethod } from '@gatehouse/rpc';
import { type Gatehouse, services, startGatehouse } from './support/gatehouse';
import { logIn, send } from './support/http';
import { isMarked, methods, toMarkedRequest } from './support/marked-requests';
import { type ServiceProcess, until, untilLinesAreWritten } from './support/service-process';
import { joinSigningKeys, type TokenIssuer } from './support/token-issuer';
import { withClient } from './support/with-client';

let gatehouse: Gatehouse;
let issuer: TokenIssuer;
let administrator: string;
const channels: Record<string, RpcChannel> = {};
const processes = new Set<ServiceProcess>();
const canaries = new Set<string>();
const note = () => Object.values(gatehouse.processes).forEach((process) => processes.add(process));

beforeAll(async () => {
  gatehouse = await startGatehouse({ env: { LOG_LEVEL: 'debug' } });
  note();
  issuer = await joinSigningKeys(gatehouse);
  note();
  await gatehouse.ready();
  administrator = await logIn(gatehouse.url, gatehouse.administrator);
  canaries.add(administrator).add(gatehouse.administrator.email).add(gatehouse.administrator.password);
  const { userGrpc, authGrpc } = gatehouse.ports;
  // without contracts nothing is tried again
  for (const [name, port] of Object.entries({ user: userGrpc, auth: authGrpc }))
    channels[name] = createChannel({ target: `127.0.0.1:${port}`, descriptorSets: [] });
});
afterAll(async () => {
  Object.values(channels).forEach((channel) => channel.close());
  await gatehouse.close();
});

/** Calls a method by gRPC, as a service, as the administrator and as nobody; what is secret in an answer is looked for as well. */
async function callByGrpc(method: RpcMethod, bytes: Uint8Array): Promise<void> {
  const channel = channels[method.service.startsWith('gatehouse.user.') ? 'user' : 'auth']!;
  for (const token of [await issuer.service(), administrator, undefined]) {
    if (token) canaries.add(token);
    const answer = await channel
      .unary(method, bytes, { deadlineMs: 1_000, metadata: token ? { authorization: `Bearer ${token}` } : {} })
      .catch(() => undefined);
    const { output } = method.descriptor;
    if (answer) findConfidential(output, fromBinary(output, answer)).forEach((secret) => canaries.add(secret));
  }
}

const paths: Readonly<Record<string, string>> = {
  CreateUser: 'POST /v1/users',
  GetUser: 'GET /v1/users/{id}',
  ListUsers: 'GET /v1/users',
  UpdateUser: 'PATCH /v1/users/me',
  SignUp: 'POST /v1/auth/signup',
  Login: 'POST /v1/auth/login',
  Refresh: 'POST /v1/auth/refresh',
  Logout: 'POST /v1/auth/logout',
  ChangePassword: 'POST /v1/auth/password:change',
};

/** Makes the same call by HTTP: as it should be, with each value in the path, in the query and in headers, of the wrong type, and torn off. */
async function callByHttp({ name }: RpcMethod, json: Record<string, unknown>, values: readonly string[]): Promise<void> {
  const [verb = 'POST', path = `/v1/${name}`] = paths[name]?.split(' ') ?? [];
  const { id: _, ...content } = (json['user'] ?? json) as Record<string, unknown>;
  const body = verb === 'GET' ? undefined : content;
  const text = JSON.stringify(content);
  const query = new URLSearchParams(values.map((value): [string, string] => [value, value])).toString();
  const requests: Parameters<typeof send>[] = [
    [gatehouse.url, verb, path, { body, token: administrator, headers: { 'x-request-timeout': '1' } }],
    [gatehouse.url, verb, `${path}?${query}`, { body, headers: { 'x-request-timeout': '1' } }],
    ...values.map((value): Parameters<typeof send> => [
      gatehouse.url,
      'GET',
      `/v1/users/${encodeURIComponent(value)}/${value}`,
      { token: value, headers: { 'idempotency-key': value, traceparent: value, 'accept-language': value } },
    ]),
  ];
  if (body)
    for (const broken of [
      text.slice(0, -2),
      text.replaceAll('"', "'"),
      JSON.stringify([content]),
      JSON.stringify(Object.fromEntries(Object.entries(content).map(([key, value]) => [key, [value]]))),
    ])
      requests.push([gatehouse.url, verb, path, { body: broken, headers: { 'content-type': 'application/json', 'x-request-timeout': '1' } }]);
  await Promise.all(requests.map((request) => send(...request).catch(() => undefined)));
}

/** Calls every method in every way. */
async function callAll(): Promise<void> {
  const call = async (method: RpcMethod) => {
    for (const kind of ['good', 'bad'] as const) {
      const { bytes, json, canaries: values } = toMarkedRequest(method, kind);
      values.forEach((value) => canaries.add(value));
      await callByGrpc(method, bytes);
      await callByGrpc(method, bytes.subarray(0, -1));
      await callByHttp(method, json, values);
    }
  };
  await Promise.all(methods.map(call));
}

const linesOf = () => [...processes].flatMap(({ lines, stderr }) => [...lines.map((line) => JSON.stringify(line)), ...stderr().split('\n')]);
const exceptions = () => linesOf().filter((line) => line.includes('"exception"'));

/** Makes the database fail at whatever is written, with all that is written in the text of the error. */
async function quoting(service: 'user' | 'auth', tables: readonly string[], code: string, work: () => Promise<void>): Promise<void> {
  await withClient(gatehouse.databases[service], async (client) => {
    await client.query(
      `create function quote_row() returns trigger language plpgsql as $$ begin raise exception using errcode = '${code}', message = 'no luck with ' || new::text, detail = new::text; end $$`,
    );
    for (const table of tables) await client.query(`create trigger quote_row before insert or update on ${table} for each row execute function quote_row()`);
  });
  await work();
  await withClient(gatehouse.databases[service], (client) => client.query('drop function quote_row cascade').then(() => undefined));
}

it('marks each field of the contracts whose name speaks of a secret or a person', () => {
  const messages = methods
    .flatMap(({ descriptor: { input, output } }) => [input, output])
    .flatMap((message) => [message, ...message.fields.flatMap((field) => field.message ?? [])]);
  const speaking = messages
    .filter(({ typeName }) => typeName.startsWith('gatehouse.'))
    .flatMap(({ fields }) => fields)
    .filter(({ scalar }) => scalar !== ScalarType.BOOL)
    .filter(({ name }) => /email|password|secret|(access|refresh)_token|(^|_)name$|phone|address/.test(name));
  expect(speaking.length).toBeGreaterThan(15);
  expect(speaking.filter((field) => !isMarked(field)).map(String)).toEqual([]);
});

it('calls every method with canaries while all is well', async () => {
  await callAll();
  expect(canaries.size).toBeGreaterThan(2 * methods.length);
}, 240_000);

it.each(['P0001', '22023', 'XX000'])(
  'calls every method while the databases quote what they are given, as %s',
  async (code) => {
    const before = exceptions().length;
    await quoting('user', ['users'], code, () => quoting('auth', ['pending_sign_ups', 'sessions', 'credentials'], code, callAll));
    await until('their errors were logged', () => exceptions().length > before + 3);
  },
  240_000,
);

it('calls every method while user is gone', async () => {
  const before = exceptions().length;
  gatehouse.processes.user.child.kill('SIGKILL');
  await gatehouse.processes.user.exited;
  await callAll();
  expect(exceptions().length).toBeGreaterThan(before);
  gatehouse.start('user');
  note();
  await gatehouse.ready();
}, 240_000);

it('no line of any process, and no metric, holds a canary in any form', async () => {
  await untilLinesAreWritten();
  const { gatewayAdmin, userAdmin, authAdmin } = gatehouse.ports;
  const metrics = await Promise.all([gatewayAdmin, userAdmin, authAdmin].map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()));
  const told = [...linesOf(), ...metrics.flatMap((text) => text.split('\n'))].map((line) => line.toLowerCase());
  expect(told.filter((line) => line.includes('"body":"call"')).length).toBeGreaterThan(services.length * methods.length);
  const forms = [...canaries]
    .flatMap((canary) => [canary, Buffer.from(canary).toString('base64').replace(/=+$/, ''), Buffer.from(canary).toString('hex')])
    .map((form) => form.toLowerCase());
  const telling = told.filter((line) => line.includes('canary') || line.includes('leak.example') || forms.some((form) => line.includes(form)));
  expect(telling).toEqual([]);
});
