import { type JsonObject } from '@bufbuild/protobuf';
import { platformErrors } from '@gatehouse/contracts/api';
import { type ErrorDeclaration, toHttpStatus } from '@gatehouse/errors';
import { createRegistryOf, readErrors } from '@gatehouse/rpc';
import { randomUUID } from 'node:crypto';
import { callByHttp, type CallOptions, contracts, createGrpcCaller, methods, nameOf, routed, toSeen } from './support/callers';
import { type Answer, send } from './support/http';
import { password, nobodysId, type Scene, setScene } from './support/scene';
import { provokeAtEdge } from './support/edge-refusals';
import { until } from './support/service-process';
import { endConnections, untilBlocked, whileChanged, whileHolding, withClient } from './support/with-client';

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

/** How a reason is provoked: the very same way by gRPC and by HTTP. */
interface Provocation {
  readonly request: () => JsonObject;
  /** Whose token it carries; nobody's without. */
  readonly token?: () => string | Promise<string>;
  readonly options?: Omit<CallOptions, 'token'>;
  /** Brings about what the calls fail of, for as long as they take. */
  readonly while?: (calls: () => Promise<void>) => Promise<void>;
  /** The violations are those of the one form, and another form has others. */
  readonly hasOwnViolations?: boolean;
}

const asAdministrator = () => scene.administrator;
const asAda = () => scene.ada.accessToken;
const asAuth = () => scene.issuer.service();
/** Somebody who may do much, and less than others. */
const asSupporter = () => scene.issuer.access(scene.bob.id, 0, supportersPermissions);
const supportersPermissions = ['users.read', 'users.update', 'users.delete', 'users.suspend', 'users.setRoles', 'roles.create', 'roles.update'];
const okta = (id: string) => ({ externalIds: [{ provider: 'okta', id }] });
const stale = '"77"';

/** The reasons of a method that says whether somebody may enter, or what they may do. */
const ofStatus = (method: string, reasons: readonly string[], more: JsonObject = {}): Readonly<Record<string, Provocation>> => {
  const all: Readonly<Record<string, Provocation>> = {
    USER_NOT_FOUND: { request: () => ({ id: nobodysId, ...more }), token: asAdministrator },
    USER_DELETED: { request: () => ({ id: scene.deleted, ...more }), token: asAdministrator },
    LAST_ADMINISTRATOR: { request: () => ({ id: scene.root, ...more }), token: asAdministrator },
    PERMISSION_NOT_HELD: { request: () => ({ id: scene.biller, ...more }), token: asSupporter },
    ETAG_MISMATCH: { request: () => ({ id: scene.ada.id, etag: stale, ...more }), token: asAdministrator },
  };
  return Object.fromEntries(reasons.map((reason) => [`UserService.${method} ${reason}`, all[reason]!]));
};

/** What the methods declare, by method and reason. */
const ofMethods: Readonly<Record<string, Provocation>> = {
  'UserService.CreateUser EMAIL_TAKEN': { request: () => ({ email: 'ADA@example.com' }), token: asAdministrator },
  'UserService.CreateUser USER_ID_NOT_ALLOWED': { request: () => ({ email: 'new@example.com', userId: randomUUID() }), token: asAdministrator },
  'UserService.GetUser USER_NOT_FOUND': { request: () => ({ id: nobodysId }), token: asAdministrator },
  'UserService.ListUsers PAGE_TOKEN_INVALID': { request: () => ({ pageToken: 'made-up' }), token: asAdministrator },
  'UserService.UpdateUser USER_NOT_FOUND': { request: () => ({ user: { id: nobodysId, displayName: 'Nobody' } }), token: asAdministrator },
  'UserService.UpdateUser EMAIL_TAKEN': { request: () => ({ user: { id: scene.ada.id, email: scene.bob.email } }), token: asAdministrator },
  'UserService.UpdateUser EMAIL_CHANGE_NOT_ALLOWED': { request: () => ({ user: { id: 'me', email: 'else@example.com' } }), token: asAda },
  'UserService.UpdateUser ETAG_MISMATCH': { request: () => ({ user: { id: scene.ada.id, displayName: 'Ada', etag: '"77"' } }), token: asAdministrator },
  'UserService.CreateUser USERNAME_TAKEN': { request: () => ({ email: 'new@example.com', username: 'NAMED' }), token: asAdministrator },
  'UserService.CreateUser EXTERNAL_ID_TAKEN': { request: () => ({ email: 'new@example.com', ...okta('named') }), token: asAdministrator },
  'UserService.UpdateUser USERNAME_TAKEN': { request: () => ({ user: { id: scene.ada.id, username: 'NAMED' } }), token: asAdministrator },
  'UserService.UpdateUser EXTERNAL_ID_TAKEN': { request: () => ({ user: { id: scene.ada.id, ...okta('named') } }), token: asAdministrator },
  'UserService.UpdateUser FIELD_CHANGE_NOT_ALLOWED': { request: () => ({ user: { id: 'me', phone: '+4930123456' } }), token: asAda },
  'UserService.UpdateUser PERMISSION_NOT_HELD': { request: () => ({ user: { id: scene.biller, displayName: 'Bill' } }), token: asSupporter },
  'UserService.UpdateUser USER_DELETED': { request: () => ({ user: { id: scene.deleted, displayName: 'Ghost' } }), token: asAdministrator },
  'UserService.BatchGetUsers USER_NOT_FOUND': { request: () => ({ ids: [scene.ada.id, nobodysId] }), token: asAdministrator },
  'UserService.GetUserByExternalId EXTERNAL_ID_UNKNOWN': { request: () => ({ provider: 'okta', id: 'nobody' }), token: asAdministrator },
  'UserService.SearchUsers PAGE_TOKEN_INVALID': { request: () => ({ query: 'ada', pageToken: 'made-up' }), token: asAdministrator },
  ...ofStatus('DeleteUser', ['USER_NOT_FOUND', 'LAST_ADMINISTRATOR', 'PERMISSION_NOT_HELD', 'ETAG_MISMATCH']),
  ...ofStatus('UndeleteUser', ['USER_NOT_FOUND', 'PERMISSION_NOT_HELD', 'ETAG_MISMATCH']),
  ...ofStatus('SuspendUser', ['USER_NOT_FOUND', 'USER_DELETED', 'LAST_ADMINISTRATOR', 'PERMISSION_NOT_HELD', 'ETAG_MISMATCH']),
  ...ofStatus('ReinstateUser', ['USER_NOT_FOUND', 'USER_DELETED', 'PERMISSION_NOT_HELD', 'ETAG_MISMATCH']),
  ...ofStatus('SetUserRoles', ['USER_NOT_FOUND', 'USER_DELETED', 'LAST_ADMINISTRATOR', 'PERMISSION_NOT_HELD', 'ETAG_MISMATCH'], { roleIds: ['member'] }),
  'UserService.SetUserRoles ROLE_NOT_FOUND': { request: () => ({ id: scene.ada.id, roleIds: ['nothing'] }), token: asAdministrator },
  'UserService.ImportUsers IMPORT_OPTIONS_CHANGED': {
    request: () => ({ options: { importId: scene.ada.id, onExisting: 'ON_EXISTING_SKIP' } }),
    token: asAdministrator,
    while: async (calls) => {
      await grpc.call('UserService.ImportUsers', { options: { importId: scene.ada.id } }, { token: scene.administrator });
      await calls();
    },
  },
  'UserService.ImportUsers IMPORT_IN_PROGRESS': {
    request: () => ({ options: { importId: scene.bob.id } }),
    token: asAdministrator,
    while: (calls) => grpc.whileOpen('UserService.ImportUsers', { options: { importId: scene.bob.id } }, { token: scene.administrator }, calls),
  },
  'UserService.ExportUsers CURSOR_EXPIRED': { request: () => ({ cursor: 'made-up' }), token: asAdministrator },
  'UserService.WatchUserChanges CURSOR_EXPIRED': { request: () => ({ cursor: 'made-up' }), token: asAuth },
  'RoleService.CreateRole ROLE_EXISTS': { request: () => ({ roleId: 'biller', role: { title: 'Again' } }), token: asAdministrator },
  'RoleService.CreateRole PERMISSION_NOT_HELD': { request: () => ({ roleId: 'all', role: { permissions: ['roles.escalate'] } }), token: asSupporter },
  'RoleService.GetRole ROLE_NOT_FOUND': { request: () => ({ id: 'nothing' }), token: asAdministrator },
  'RoleService.ListRoles PAGE_TOKEN_INVALID': { request: () => ({ pageToken: 'made up' }), token: asAdministrator },
  'RoleService.UpdateRole ROLE_NOT_FOUND': { request: () => ({ role: { id: 'nothing', title: 'None' } }), token: asAdministrator },
  'RoleService.UpdateRole ROLE_BUILT_IN': { request: () => ({ role: { id: 'admin', permissions: ['users.read'] } }), token: asAdministrator },
  'RoleService.UpdateRole PERMISSION_NOT_HELD': { request: () => ({ role: { id: 'biller', permissions: ['users.read'] } }), token: asSupporter },
  'RoleService.UpdateRole ETAG_MISMATCH': { request: () => ({ role: { id: 'biller', title: 'Late', etag: stale } }), token: asAdministrator },
  'RoleService.DeleteRole ROLE_NOT_FOUND': { request: () => ({ id: 'nothing' }), token: asAdministrator },
  'RoleService.DeleteRole ROLE_BUILT_IN': { request: () => ({ id: 'admin' }), token: asAdministrator },
  'RoleService.DeleteRole ROLE_IN_USE': { request: () => ({ id: 'biller' }), token: asAdministrator },
  'RoleService.DeleteRole ETAG_MISMATCH': { request: () => ({ id: 'biller', etag: stale }), token: asAdministrator },
  'UserService.ResolvePerson USER_NOT_FOUND': { request: () => ({ id: nobodysId }), token: asAuth },
  'UserService.ResolvePerson EMAIL_UNKNOWN': { request: () => ({ email: 'nobody@example.com' }), token: asAuth },
  'UserService.EnsureAdministrator EMAIL_TAKEN': { request: () => ({ email: scene.ada.email, userId: nobodysId }), token: asAuth },
  'AuthService.SignUp EMAIL_TAKEN': { request: () => ({ email: scene.ada.email, password }) },
  'AuthService.SignUp ACCOUNT_SUSPENDED': { request: () => ({ email: scene.halfSignedUp, password }) },
  'AuthService.Login INVALID_CREDENTIALS': { request: () => ({ email: scene.ada.email, password: 'wrong' }) },
  'AuthService.Login ACCOUNT_SUSPENDED': { request: () => ({ email: scene.suspended.email, password }) },
  'AuthService.Refresh REFRESH_TOKEN_INVALID': { request: () => ({ refreshToken: 'ghr_dead' }) },
  'AuthService.Refresh ACCOUNT_SUSPENDED': { request: () => ({ refreshToken: scene.suspended.refreshToken }) },
};

const readAda = { method: 'UserService.GetUser', request: () => ({ id: scene.ada.id }), token: asAdministrator };
const createAnew = { method: 'UserService.CreateUser', token: asAdministrator };
const lockUsers = 'lock table users in access exclusive mode';

/** What any method may raise, that a service can: each by the one method that comes to it most easily. */
const ofPlatform: Readonly<Record<string, Provocation & { readonly method: string }>> = {
  REQUEST_UNREADABLE: {
    method: 'AuthService.Login',
    request: () => ({}),
    options: { raw: { bytes: Buffer.from([10, 200]), body: '{"email":' } },
    hasOwnViolations: true,
  },
  VALIDATION_FAILED: { ...createAnew, request: () => ({ email: 'no email', requestId: 'no uuid' }) },
  TOKEN_MISSING: { ...readAda, token: undefined },
  TOKEN_INVALID: { ...readAda, token: () => 'rubbish' },
  TOKEN_EXPIRED: { ...readAda, token: () => scene.issuer.access(scene.ada.id, 1_000) },
  PERMISSION_DENIED: { method: 'UserService.ListUsers', request: () => ({}), token: asAda },
  DEADLINE_EXCEEDED: { ...readAda, options: { deadlineMs: 300 }, while: (calls) => whileHolding(scene.gatehouse.databases.user, lockUsers, calls) },
  UNAVAILABLE: { ...readAda, while: (calls) => scene.gatehouse.withoutPostgres(calls) },
  OVERLOADED: { ...readAda, while: whileFull },
  CONFLICT: { ...readAda, while: (calls) => withSetting('lock_timeout', '50', () => whileHolding(scene.gatehouse.databases.user, lockUsers, calls)) },
  REQUEST_IN_PROGRESS: { ...createAnew, request: () => ({ email: 'twice@example.com', requestId: nobodysId }), while: whileFirstIsAnswered },
  REQUEST_ID_REUSED: { ...createAnew, request: () => ({ email: 'second@example.com', requestId: scene.usedRequestId }) },
  INTERNAL: {
    ...readAda,
    while: (calls) =>
      whileChanged(
        scene.gatehouse.databases.user,
        'alter table users rename column revision to version',
        'alter table users rename column version to revision',
        calls,
      ),
  },
};

/** What only the edge can raise: gRPC says the like of the first two in its own words, and has no word for the others. */
const ofEdge = [
  'METHOD_UNKNOWN',
  'REQUEST_TOO_LARGE',
  'MEDIA_TYPE_UNSUPPORTED',
  'HTTP_METHOD_UNSUPPORTED',
  'URL_TOO_LONG',
  'HEADERS_TOO_LARGE',
  'REQUEST_TOO_SLOW',
  'RATE_LIMITED',
  'TOO_MANY_CONNECTIONS',
] as const;

/** Raised over mutual TLS alone, and never told by HTTP: mutual-tls.test.ts provokes it. */
const ofPeers = 'PEER_NOT_ADMITTED';

/** Nobody is left to read it: it is what the access lines tell of the call. */
const ofCallersGone = 'CANCELLED';

const registry = createRegistryOf(contracts);
const platform: readonly ErrorDeclaration[] = Object.values(platformErrors);
const declared = new Map<string, ErrorDeclaration>(
  methods.flatMap((method) => (method.errors ?? []).map((error) => [`${nameOf(method)} ${error.reason}`, error] as const)),
);
const declaredOfPlatform = (reason: string) => platform.find((error) => error.reason === reason)!;

it('every declared reason is provoked here, and no other', () => {
  expect(Object.keys(ofMethods).sort()).toEqual([...declared.keys()].sort());
  expect([...Object.keys(ofPlatform), ...ofEdge, ofPeers, ofCallersGone].sort()).toEqual(platform.map(({ reason }) => reason).sort());
  const named = [...readErrors(registry).all.keys()].filter(({ domain }) => domain !== 'gatehouse').map(({ domain, reason }) => `${domain} ${reason}`);
  expect([...new Set([...declared.values()].map(({ domain, reason }) => `${domain} ${reason}`))].sort()).toEqual(named.sort());
});

it('every method with a route is called by it too', async () => {
  const { body } = await send(scene.gatehouse.url, 'GET', '/openapi.json');
  const operations = Object.values<Record<string, { operationId: string }>>(body.paths).flatMap((item) =>
    Object.values(item).map(({ operationId }) => operationId?.replace('_', '.')),
  );
  // those of a service that is generated, its own tests call
  const known = new Set(methods.map(({ descriptor }) => descriptor.parent.name));
  expect([...routed].sort()).toEqual(operations.filter((name) => known.has(name?.split('.')[0] ?? '')).sort());
});

/** What the contract says a caller sees. */
const toExpected = ({ code, reason, domain, message, metadata, httpStatus }: ErrorDeclaration) => ({
  code,
  reason,
  domain,
  // what stands in the place of {name} is the metadata's
  message: expect.stringMatching(new RegExp(`^${message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\\\{\w+\\\}/g, '.+')}$`)),
  metadata: [...metadata].sort(),
  status: toHttpStatus({ code, httpStatus }),
});

async function expectDeclared(answer: Answer, declaration: ErrorDeclaration): Promise<void> {
  expect(toSeen(answer)).toMatchObject(toExpected(declaration));
  expect(answer.type).toBe('application/problem+json');
  expect(answer.body).toMatchObject({ title: declaration.title, status: answer.status, type: `/docs/errors/${declaration.domain}/${declaration.reason}` });
  const page = await fetch(scene.gatehouse.url + answer.body.type);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining(declaration.reason)]);
}

async function expectBothWays(method: string, provocation: Provocation, declaration: ErrorDeclaration): Promise<void> {
  const options = { ...provocation.options, token: await provocation.token?.() };
  let byGrpc: Awaited<ReturnType<typeof grpc.call>>;
  let byHttp: Answer | undefined;
  await (provocation.while ?? ((calls) => calls()))(async () => {
    byGrpc = await grpc.call(method, provocation.request(), options);
    if (routed.includes(method)) byHttp = await callByHttp(scene.gatehouse.url, method, provocation.request(), options);
  });
  expect(byGrpc).toMatchObject(toExpected(declaration));
  if (!byHttp) return;
  const { violations: _, ...rest } = byGrpc!;
  expect(toSeen(byHttp)).toMatchObject(provocation.hasOwnViolations ? rest : byGrpc!);
  await expectDeclared(byHttp, declaration);
}

describe('by gRPC and by HTTP alike', () => {
  it.each(Object.keys(ofMethods))('%s', (pair) => expectBothWays(pair.split(' ')[0]!, ofMethods[pair]!, declared.get(pair)!));
  it.each(Object.keys(ofPlatform))('%s', (reason) => expectBothWays(ofPlatform[reason]!.method, ofPlatform[reason]!, declaredOfPlatform(reason)));
});

describe('by HTTP alone', () => {
  it.each(ofEdge)('%s', async (reason) => {
    await expectDeclared(await provokeAtEdge(reason, scene), declaredOfPlatform(reason));
  });
});

it('a caller that goes away is CANCELLED to both', async () => {
  const { gatehouse } = scene;
  const { user, gateway } = gatehouse.processes;
  const before = { user: user.lines.length, gateway: gateway.lines.length };
  const cancelled = (service: 'user' | 'gateway') => gatehouse.processes[service].lines.slice(before[service]).filter(({ reason }) => reason === ofCallersGone);
  await whileHolding(gatehouse.databases.user, lockUsers, async () => {
    for (const [index, call] of [grpc.call, (...parameters: Parameters<typeof grpc.call>) => callByHttp(gatehouse.url, ...parameters)].entries()) {
      const gone = new AbortController();
      const calling = call(readAda.method, readAda.request(), { token: scene.administrator, signal: gone.signal }).catch(() => {});
      await untilBlocked(gatehouse.superuser.user, 'from users where id');
      gone.abort();
      await calling;
      await until('user tells of it', () => cancelled('user').length === index + 1);
    }
  });
  await until('the gateway tells of it', () => cancelled('gateway').length === 1);
  for (const line of cancelled('user'))
    expect(line).toMatchObject({ 'rpc.status_code': 'CANCELLED', 'rpc.method': 'gatehouse.user.v1.UserService/GetUser', severity_text: 'INFO' });
  expect(cancelled('gateway')).toEqual([
    expect.objectContaining({ 'http.response.status_code': toHttpStatus({ code: 'CANCELLED' }), 'http.route': '/v1/users/{id}', severity_text: 'INFO' }),
  ]);
});

/** Sends as many calls as `user` answers at a time, none of which comes to its end, until one more is refused. */
async function whileFull(calls: () => Promise<void>): Promise<void> {
  const { databases } = scene.gatehouse;
  const gone = new AbortController();
  const ask = () => grpc.call(readAda.method, readAda.request(), { token: scene.administrator, deadlineMs: 20_000, signal: gone.signal });
  await whileHolding(databases.user, lockUsers, async () => {
    const waiting = Array.from({ length: 200 }, ask);
    await until(
      'no more are let in',
      async () => (await grpc.call(readAda.method, readAda.request(), { token: scene.administrator, deadlineMs: 500 }))?.reason === 'OVERLOADED',
    );
    await calls();
    gone.abort();
    await Promise.all(waiting);
  });
}

/** Makes a call with the request id of the others, which is not answered before them. */
async function whileFirstIsAnswered(calls: () => Promise<void>): Promise<void> {
  const { databases, superuser } = scene.gatehouse;
  let first: Promise<unknown> | undefined;
  await whileHolding(databases.user, 'lock table users in share mode', async () => {
    first = grpc.call('UserService.CreateUser', { email: 'twice@example.com', requestId: nobodysId }, { token: scene.administrator, deadlineMs: 20_000 });
    await untilBlocked(superuser.user, 'insert into users');
    await calls();
  });
  expect(await first).toBeUndefined();
}

/** Sets what the connections of `user` begin with. */
async function withSetting(name: string, value: string, work: () => Promise<void>): Promise<void> {
  const { superuser } = scene.gatehouse;
  const begin = async (statement: string) => {
    await withClient(superuser.user, (client) => client.query(statement));
    await endConnections(superuser.user, 'gatehouse_user');
  };
  await begin(`alter role gatehouse_user set ${name} = '${value}'`);
  try {
    await work();
  } finally {
    await begin(`alter role gatehouse_user reset ${name}`);
  }
}
