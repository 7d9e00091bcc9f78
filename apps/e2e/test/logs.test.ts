import { type CollectedSpan, createTestCollector, type TestCollector } from '@gatehouse/observability/testing';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Gatehouse, services, startGatehouse } from './support/gatehouse';
import { send, signUp } from './support/http';
import { type LogLine, until } from './support/service-process';
import { withClient } from './support/with-client';

let collector: TestCollector;
let gatehouse: Gatehouse;
beforeAll(async () => {
  collector = await createTestCollector();
  gatehouse = await startGatehouse({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
});
afterAll(async () => {
  await gatehouse.close();
  await collector.close();
});

const lines = (): LogLine[] => services.flatMap((service) => gatehouse.processes[service].lines);
const accessLines = () => lines().filter(({ body }) => body === 'call');
/** The access lines with a field, as soon as there are as many. */
async function waitForLines(field: string, value: string, count: number): Promise<LogLine[]> {
  const found = () => accessLines().filter((line) => line[field] === value);
  await until(`${count} lines with ${field} ${value}`, () => found().length >= count);
  return found();
}
const toRoad = (line: LogLine) =>
  `${String(line['service.name'])} ${String(line['http.route'] ?? line['rpc.method'])} ${String(line['http.response.status_code'] ?? line['rpc.status_code'])}`;
const credentials = { email: 'walker@example.com', password: 'correct horse battery' };

it('from an answer one comes to the lines of all three processes, by its request id and by its trace id', async () => {
  await signUp(gatehouse.url, credentials.email, credentials.password);
  const { headers, body } = await send(gatehouse.url, 'POST', '/v1/auth/login', { body: { ...credentials, password: 'a wrong one' } });
  const byRequest = await waitForLines('request_id', headers.get('x-request-id')!, 3);
  const byTrace = await waitForLines('trace_id', body.traceId, 3);
  expect(byTrace).toEqual(byRequest);
  expect(byRequest.map(toRoad)).toEqual([
    'user gatehouse.user.v1.UserService/ResolvePerson OK',
    'auth gatehouse.auth.v1.AuthService/Login UNAUTHENTICATED',
    'gateway /v1/auth/login 401',
  ]);
  expect(byRequest.map(({ reason }) => reason)).toEqual([undefined, 'INVALID_CREDENTIALS', 'INVALID_CREDENTIALS']);
});

it('from an answer one comes to its trace, and from each span of a server in it to the one line of its process', async () => {
  const { body } = await send(gatehouse.url, 'POST', '/v1/auth/login', { body: { ...credentials, password: 'a wrong one' } });
  const spans = await collector.waitForSpans(({ traceId, kind }) => traceId === body.traceId && kind === 'SERVER', 3);
  await waitForLines('trace_id', body.traceId, 3);
  const toLines = ({ traceId, spanId, serviceName }: CollectedSpan) =>
    accessLines().filter((line) => line.trace_id === traceId && line['span_id'] === spanId && line['service.name'] === serviceName);
  for (const span of spans) {
    const [line, ...others] = toLines(span);
    expect(others).toEqual([]);
    expect(line).toMatchObject({ trace_flags: '01', duration_ms: expect.any(Number), request_id: expect.any(String) });
    for (const name of ['http.request.method', 'http.route', 'http.response.status_code', 'rpc.method', 'rpc.status_code'])
      expect([name, line![name]]).toEqual([name, span.attributes[name]]);
  }
});

it('says who called: the person whose token it was, and the service that asks for itself', async () => {
  const { body } = await send(gatehouse.url, 'POST', '/v1/auth/login', { body: credentials });
  const answer = await send(gatehouse.url, 'GET', '/v1/users/me', { token: body.accessToken });
  const [inner, outer] = await waitForLines('request_id', answer.headers.get('x-request-id')!, 2);
  expect([inner, outer].map((line) => [line!['service.name'], line!['user.id']])).toEqual([
    ['user', body.user.id],
    ['gateway', body.user.id],
  ]);
  const asked = accessLines().find((line) => line['rpc.method'] === 'gatehouse.user.v1.UserService/ResolvePerson')!;
  expect([asked['service.peer.name'], asked['user.id']]).toEqual(['auth', undefined]);
  const stranger = await send(gatehouse.url, 'GET', '/v1/users/me', { token: 'no token' });
  const [refused] = await waitForLines('request_id', stranger.headers.get('x-request-id')!, 1);
  expect(refused).not.toHaveProperty(['user.id']);
});

it('what happened to an account is a line within the call, and names whom and what it is about by ids', async () => {
  const { body } = await send(gatehouse.url, 'POST', '/v1/auth/login', { body: credentials });
  const token = body.accessToken;
  const { body: listed } = await send(gatehouse.url, 'GET', '/v1/users/me/sessions', { token });
  const { id } = listed.sessions.find(({ current }: { current: boolean }) => current);
  const { headers } = await send(gatehouse.url, 'POST', `/v1/users/me/sessions/${id}:revoke`, { token, body: {} });
  const [call] = await waitForLines('request_id', headers.get('x-request-id')!, 2);
  const told = lines().filter((line) => line['event.name'] === 'session_revoked');
  expect(told).toEqual([expect.objectContaining({ 'service.name': 'auth', 'user.id': body.user.id, 'session.id': id, trace_id: call!.trace_id })]);
});

it('the level is changed while a process runs, for a time, and every change is a line', async () => {
  const url = `http://127.0.0.1:${gatehouse.ports.gatewayAdmin}/loglevel`;
  const put = async (body: object) => (await fetch(url, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json();
  const linesOf = async () => {
    const { headers } = await send(gatehouse.url, 'GET', '/healthz');
    const { headers: after } = await send(gatehouse.url, 'GET', '/v1/users/me');
    return [headers.get('x-request-id')!, after.get('x-request-id')!];
  };
  expect(await put({ level: 'error', seconds: 4 })).toEqual({ level: 'error', configured: 'info', until: expect.any(String) });
  const quiet = await linesOf();
  await until('the level is the configured one again', async () => ((await (await fetch(url)).json()) as { level: string }).level === 'info');
  const [, told] = await linesOf();
  await waitForLines('request_id', told!, 1);
  expect(accessLines().filter((line) => quiet.includes(String(line['request_id'])))).toEqual([]);
  const changes = lines().filter((line) => line['log_level']);
  expect(changes.map((line) => [line['service.name'], line['log_level']])).toEqual([
    ['gateway', 'error'],
    ['gateway', 'info'],
  ]);
  expect(changes[0]!['until']).toEqual(expect.any(String));
});

it('the fields that are written are those of docs/logs.md', async () => {
  await withClient(gatehouse.databases.user, (client) => client.query('alter table users rename to people'));
  const { body } = await send(gatehouse.url, 'POST', '/v1/auth/login', { body: credentials });
  await withClient(gatehouse.databases.user, (client) => client.query('alter table people rename to users'));
  const [defect, ...others] = (await waitForLines('error_id', body.metadata.error_id, 3)).filter((line) => 'exception' in line);
  expect(others).toEqual([]);
  expect(defect).toMatchObject({
    'service.name': 'user',
    severity_text: 'ERROR',
    exception: expect.arrayContaining([expect.objectContaining({ type: 'error', code: '42P01', stacktrace: expect.stringContaining('at ') })]),
  });

  const page = readFileSync(resolve(__dirname, '../../../docs/logs.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (`.*?) \| (.*) \|$/gm)];
  const documented = rows.flatMap(([, names]) => [...names!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
  expect([...new Set(lines().flatMap(Object.keys))].sort()).toEqual(documented.sort());
  const parts = [...rows.find(([, names]) => names === '`exception`')![2]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
  const written = lines()
    .flatMap((line) => (line['exception'] as object[] | undefined) ?? [])
    .flatMap(Object.keys);
  expect([...new Set(written)].sort()).toEqual(parts.sort());
  for (const line of accessLines()) for (const name of ['trace_id', 'span_id', 'request_id', 'duration_ms']) expect(line).toHaveProperty(name);
});
