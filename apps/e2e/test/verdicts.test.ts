import { getOption, type JsonObject } from '@bufbuild/protobuf';
import { access } from '@gatehouse/contracts/api';
import type { RpcMethod } from '@gatehouse/rpc';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { callByHttp, createGrpcCaller, methods, nameOf } from './support/callers';
import { httpRuleOf } from './support/http-rules';
import { send } from './support/http';
import { nobodysId, password, type Scene, setScene } from './support/scene';
import { until } from './support/service-process';

const known = new Set(methods.map(({ descriptor }) => descriptor.parent.name));
/** docs/access.md: the verdicts on each method, and the callers that they are on. */
const [callers = [], ...expected] = readFileSync(resolve(__dirname, '../../../docs/access.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| --'))
  .map((line) => line.slice(2, -2).split(' | '))
  // those of a service that is generated, its own tests call
  .filter(([method]) => method === 'method' || known.has(method!.split('.')[0]!));
const isService = (caller: string) => caller.includes('auth') || caller.includes('service');

let scene: Scene;
let grpc: ReturnType<typeof createGrpcCaller>;
beforeAll(async () => {
  scene = await setScene();
  grpc = createGrpcCaller(scene.gatehouse);
});
afterAll(async () => {
  grpc.close();
  await scene.gatehouse.close();
});

const tokens: Readonly<Record<string, (audience: string) => Promise<string> | string | undefined>> = {
  'the person': () => scene.ada.accessToken,
  'another person': () => scene.bob.accessToken,
  'an administrator': () => scene.administrator,
  '`auth`': (audience) => scene.issuer.service('auth', audience),
  'another service': (audience) => scene.issuer.service('gateway', audience),
  nobody: () => undefined,
};

/** What ends a stream at once. */
const ofStreams: Readonly<Record<string, JsonObject>> = {
  ImportUsers: { options: { importId: 'no uuid' } },
  ImportAccounts: { options: { importId: 'no uuid' } },
  ExportUsers: { cursor: 'x'.repeat(513) },
  ExportPerson: { cursor: 'x'.repeat(513) },
  WatchUserChanges: { cursor: 'x'.repeat(513) },
  WatchRevocations: { cursor: 'x'.repeat(513) },
};

/** What would leave nothing of Ada, or log her out: there "the person" is somebody who is gone already. */
const ofTheEnd: ReadonlySet<string> = new Set(['EraseUser', 'ErasePerson', 'RevokeAllSessions']);

/** A request about Ada where the rule looks at who it is about, and else one that does nothing to anybody. */
function toHarmless(method: RpcMethod): JsonObject {
  const { rule } = getOption(method.descriptor, access);
  const request: JsonObject = {};
  const set = (path: string, value: string) => {
    const [first, inner] = path.split('.');
    request[first!] = inner ? { ...(request[first!] as JsonObject), [inner]: value } : value;
  };
  for (const [, field] of httpRuleOf(method)?.path.matchAll(/\{([^}]+)\}/g) ?? []) set(field!, nobodysId);
  if (rule.case === 'selfOrPermission') set(rule.value.subjectField, ofTheEnd.has(method.name) ? nobodysId : scene.ada.id);
  return { ...request, ...ofStreams[method.name] };
}

// the last three are what forms are told in their place (RFC 6749 §5.2, RFC 6750 §3.1)
const refusals: ReadonlySet<string> = new Set(['TOKEN_MISSING', 'TOKEN_INVALID', 'PERMISSION_DENIED', 'invalid_client', 'invalid_token', 'insufficient_scope']);

/** `yes`, or the status of who is refused for who they are: what the method itself says of the request is not looked at. */
function toVerdict(error: { reason: string; status: number } | undefined): string {
  const isRefused = error && refusals.has(error.reason);
  return isRefused ? String(error.status) : 'yes';
}

it('docs/access.md tells of each method, and of its route', () => {
  const routeOf = (method: RpcMethod) => {
    const rule = httpRuleOf(method);
    return rule ? `\`${rule.verb} ${rule.path}\`` : 'none';
  };
  expect(callers.slice(3)).toEqual(Object.keys(tokens));
  expect(expected.map(([method, route]) => [method, route]).sort()).toEqual(methods.map((method) => [nameOf(method), routeOf(method)]).sort());
});

it.each(methods.map((method) => [nameOf(method), method] as const))('%s admits whom docs/access.md says', async (name, method) => {
  const row = expected.find(([each]) => each === name)!;
  const request = toHarmless(method);
  const service = method.service.split('.')[1]!;
  const audience = service === 'verifier' ? 'auth' : service;
  for (const [index, caller] of Object.keys(tokens).entries()) {
    const isGone = caller === 'the person' && ofTheEnd.has(method.name);
    const [token, verdict] = [isGone ? await scene.issuer.access(nobodysId) : await tokens[caller]!(audience), row[3 + index]!];
    expect([caller, 'gRPC', toVerdict(await grpc.call(name, request, { token }))]).toEqual([caller, 'gRPC', verdict]);
    if (httpRuleOf(method)) {
      const answer = await callByHttp(scene.gatehouse.url, name, request, { token });
      // a service's token is for another service than the gateway
      const byHttp = isService(caller) ? row.at(-1) : verdict;
      expect([caller, 'HTTP', toVerdict(answer.status < 400 ? undefined : { status: answer.status, reason: answer.body.reason ?? answer.body.error })]).toEqual(
        [caller, 'HTTP', byHttp],
      );
    } else {
      const answers = [
        await send(scene.gatehouse.url, 'POST', `/${method.path}`, { body: request, token }),
        await send(scene.gatehouse.url, 'POST', `/v1/users:${method.descriptor.localName}`, { body: request, token }),
      ];
      expect([caller, ...answers.map(({ body }) => body.reason)]).toEqual([caller, 'METHOD_UNKNOWN', 'METHOD_UNKNOWN']);
    }
  }
});

it('what is private of a person is told to nobody by logging in, and when that was is told to administrators', async () => {
  const { gatehouse, administrator, bob } = scene;
  const { url } = gatehouse;
  const readBob = async () => (await send(url, 'GET', `/v1/users/${bob.id}`, { token: administrator })).body;
  await send(url, 'PATCH', `/v1/users/${bob.id}`, { token: administrator, body: { privateMetadata: { risk: 'high' }, publicMetadata: { plan: 'gold' } } });
  expect(await readBob()).toMatchObject({ privateMetadata: { risk: 'high' } });
  const before = Date.now();
  const login = await send(url, 'POST', '/v1/auth/login', { body: { email: bob.email, password } });
  const again = await send(url, 'POST', '/v1/auth/signup', { body: { email: bob.email, password } });
  const me = await send(url, 'GET', '/v1/users/me', { token: login.body.accessToken });
  expect([login.body.user.publicMetadata, me.body.publicMetadata]).toEqual([{ plan: 'gold' }, { plan: 'gold' }]);
  for (const { body } of [login, again, me]) expect(JSON.stringify(body)).not.toMatch(/risk|privateMetadata/);
  await until('it is told', async () => Date.parse((await readBob()).lastSeenTime) >= before);
});

it('nobody was changed by all that', async () => {
  const { body } = await send(scene.gatehouse.url, 'GET', `/v1/users/${scene.ada.id}`, { token: scene.administrator });
  expect(body).toMatchObject({ id: scene.ada.id, email: scene.ada.email, status: 'USER_STATUS_ACTIVE', roleIds: ['member'], etag: '"1"' });
});
