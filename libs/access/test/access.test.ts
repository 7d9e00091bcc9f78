import type { AppError } from '@gatehouse/errors';
import { createChannel, createClient, readMethods, type RpcCall } from '@gatehouse/rpc';
import { startTestServer, type TestServer } from '@gatehouse/rpc/testing';
import { generateKeyPair, SignJWT } from 'jose';
import { createAccess, createTokenVerifier, type Principal, principalOf } from '../src';
import { createTestIssuer, type TestIssuer } from '../src/testing';
import { descriptorSet } from './gen/descriptor-set';
import { DoorServiceDefinition } from './gen/test/access/v1/access';

const descriptorSets = [descriptorSet];
const realm = { issuer: 'https://gatehouse.test', audience: 'gatehouse' };
const ada = { id: '018f0000-0000-7000-8000-000000000001' };
const other = '018f0000-0000-7000-8000-000000000002';

let issuer: TestIssuer;
let server: TestServer;
let channel: ReturnType<typeof createChannel>;
let seen: Principal | undefined;

beforeAll(async () => {
  issuer = await createTestIssuer(realm);
  const verifier = createTokenVerifier({ ...realm, service: 'door', keys: issuer.keys, revocations: undefined });
  const answer = async (_request: unknown, call: RpcCall) => {
    seen = principalOf(call);
    return {};
  };
  const service = { open: answer, knock: answer, enter: answer, own: answer, serve: answer, unlock: answer, openVault: answer, enterVault: answer };
  server = await startTestServer(DoorServiceDefinition, service, { descriptorSets, access: (methods) => createAccess({ verifier, methods }) });
  channel = createChannel({ target: server.target, descriptorSets });
});
afterAll(async () => {
  channel.close();
  await server.close();
});

type Method = keyof typeof DoorServiceDefinition.methods;

/** The verdict on a call: `OK`, or the reason of the refusal. */
function judge(method: Method, token?: string, personId?: string): Promise<string> {
  const metadata: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const request = personId === undefined ? {} : { person: { id: personId } };
  return createClient(DoorServiceDefinition, channel)
    [method](request, { metadata })
    .then(
      () => 'OK',
      (error: AppError) => error.reason,
    );
}

describe('the access rule of a method', () => {
  it('public asks for nothing and ignores a token', async () => {
    expect(await judge('open')).toBe('OK');
    expect(await judge('open', 'rubbish')).toBe('OK');
    expect(seen).toEqual({ kind: 'anonymous' });
  });

  it('authenticated takes any person', async () => {
    expect(await judge('knock')).toBe('TOKEN_MISSING');
    expect(await judge('knock', await issuer.accessToken({ ...ada, permissions: ['a'], sessionId: 's-1' }))).toBe('OK');
    expect(seen).toMatchObject({ kind: 'user', id: ada.id, permissions: ['a'], sessionId: 's-1' });
    expect(await judge('knock', await issuer.serviceToken('auth', 'door'))).toBe('PERMISSION_DENIED');
  });

  it('permission takes who holds it, and the services it lists', async () => {
    expect(await judge('enter')).toBe('TOKEN_MISSING');
    expect(await judge('enter', await issuer.accessToken(ada))).toBe('PERMISSION_DENIED');
    expect(await judge('enter', await issuer.accessToken({ ...ada, permissions: ['doors.enter'] }))).toBe('OK');
    expect(await judge('enter', await issuer.serviceToken('auth', 'door'))).toBe('OK');
    expect(await judge('enter', await issuer.serviceToken('gateway', 'door'))).toBe('PERMISSION_DENIED');
  });

  it('self takes the person whom the request names, before the request is judged', async () => {
    const token = await issuer.accessToken(ada);
    expect(await judge('own', token, ada.id)).toBe('OK');
    expect(await judge('own', token, ada.id.toUpperCase())).toBe('OK');
    expect(await judge('own', token, 'me')).toBe('OK');
    expect(await judge('own', token, other)).toBe('PERMISSION_DENIED');
    expect(await judge('own', token)).toBe('PERMISSION_DENIED');
    expect(await judge('own', token, 'x'.repeat(41))).toBe('PERMISSION_DENIED');
    expect(await judge('own', await issuer.accessToken({ ...ada, permissions: ['doors.enter'] }), 'x'.repeat(41))).toBe('VALIDATION_FAILED');
  });

  it('service_only takes no person, whatever they may', async () => {
    expect(await judge('serve', await issuer.accessToken({ ...ada, permissions: ['doors.enter'] }))).toBe('PERMISSION_DENIED');
    expect(await judge('serve', await issuer.serviceToken('auth', 'door'))).toBe('OK');
    expect(seen).toMatchObject({ kind: 'service', name: 'auth' });
  });

  it('may ask for a proof that is fresh or strong, of who may call at all, and says which', async () => {
    const now = Math.floor(Date.now() / 1000);
    const tokenOf = (claims: Record<string, unknown>, permissions: readonly string[] = []) => issuer.accessToken({ ...ada, permissions }, claims);
    const may = ['doors.enter'];
    expect(await judge('unlock', await tokenOf({ auth_time: now - 590 }, may))).toBe('OK');
    expect(await judge('unlock', await tokenOf({ auth_time: now - 610 }, may))).toBe('STEP_UP_REQUIRED');
    expect(await judge('unlock', await tokenOf({ auth_time: now - 610 }))).toBe('PERMISSION_DENIED');
    expect(await judge('unlock', await issuer.serviceToken('auth', 'door'))).toBe('OK');

    expect(await judge('openVault', await tokenOf({ acr: 'aal1' }))).toBe('STEP_UP_REQUIRED');
    expect(await judge('openVault', await tokenOf({ acr: 'aal2', auth_time: now - 70 }))).toBe('STEP_UP_REQUIRED');
    expect(await judge('openVault', await tokenOf({ acr: 'aal2' }))).toBe('OK');
    expect(await judge('enterVault', await tokenOf({ acr: 'aal2', auth_time: 1 }))).toBe('OK');

    const refused = createClient(DoorServiceDefinition, channel).openVault({}, { metadata: { authorization: `Bearer ${await tokenOf({ acr: 'aal1' })}` } });
    await expect(refused).rejects.toMatchObject({ code: 'UNAUTHENTICATED', metadata: { acr: 'aal2', max_age: '60' } });
  });

  it('takes a token that does not say how or when its person proved who they are for a weak and old one', async () => {
    const permissions = ['doors.enter'];
    for (const claims of [{ acr: undefined, auth_time: undefined }, { auth_time: undefined }, { acr: 'aal3' }, { auth_time: 'now' }, { acr: 2 }])
      expect(await judge('unlock', await issuer.accessToken({ ...ada, permissions }, claims as Record<string, unknown>))).toBe('STEP_UP_REQUIRED');
  });

  it('stops the start where it is missing or names what is not there', () => {
    const verifier = createTokenVerifier({ ...realm, service: 'door', keys: issuer.keys, revocations: undefined });
    const methods = readMethods(descriptorSets).filter(({ service }) => service === 'test.access.v1.OpenService');
    const problems = [
      'Forgotten has no (gatehouse.api.v1.access)',
      'Misnamed: its access rule names the field person.nobody, which test.access.v1.Request does not have',
      'Mistyped: its access rule names the field person, which holds no user id: it is not a string',
      'Formless: its access rule names the field person.name, which needs the canonical form of a UUID',
      'Nameless: its access rule names no permission',
      'Ruleless: its (gatehouse.api.v1.access) names no rule',
      'Unreachable: its access rule admits nobody',
      'Unprovable: its access rule asks for the acr aal9, which nobody has',
      'Unasked: its access rule asks for a proof, but admits nobody who could have it',
    ];
    const message = ['the contract does not say who may call:', ...problems.map((problem) => `test.access.v1.OpenService/${problem}`)].join('\n');
    expect(() => createAccess({ verifier, methods })).toThrow(new Error(message));
  });
});

describe('a token', () => {
  const refused: Record<string, () => Promise<string> | string> = {
    'that is no token': () => 'abc.def.ghi',
    'with alg none': async () => {
      const [, payload] = (await issuer.accessToken(ada)).split('.');
      return `${Buffer.from('{"alg":"none","typ":"at+jwt","kid":"k"}').toString('base64url')}.${payload}.`;
    },
    'that was tampered with': async () => {
      const [header, payload, signature] = (await issuer.accessToken(ada)).split('.') as [string, string, string];
      const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), permissions: ['doors.enter'] };
      return `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    },
    'of a foreign key': async () => (await createTestIssuer(realm)).accessToken(ada),
    'of a foreign key under our key id': async () => {
      const { privateKey } = await generateKeyPair('EdDSA');
      const [header] = (await issuer.accessToken(ada)).split('.') as [string];
      const own = JSON.parse(Buffer.from(header, 'base64url').toString());
      return new SignJWT({ sid: 's', permissions: [] })
        .setProtectedHeader(own)
        .setIssuer(realm.issuer)
        .setAudience(realm.audience)
        .setSubject(ada.id)
        .setIssuedAt()
        .setExpirationTime('1m')
        .sign(privateKey);
    },
    'of another issuer': () => issuer.accessToken(ada, { iss: 'https://evil.test' }),
    'for another audience': () => issuer.accessToken(ada, { aud: 'other' }),
    'without a subject': () => issuer.accessToken(ada, { sub: undefined }),
    'without an expiry': () => issuer.accessToken(ada, { exp: undefined }),
    'without permissions': () => issuer.accessToken(ada, { permissions: undefined }),
    'of a service for another service': () => issuer.serviceToken('auth', 'user'),
    'of a person dressed as a service': () => issuer.accessToken(ada, {}, { typ: 'svc+jwt' }),
    'of a service dressed as a person': () => issuer.accessToken({ id: 'auth' }, { aud: 'door', sid: undefined, permissions: undefined }),
    'of another type': () => issuer.accessToken(ada, {}, { typ: 'JWT' }),
    'signed with another algorithm': async () => {
      const secret = new TextEncoder().encode('a secret of thirty-two characters');
      return new SignJWT({ sub: ada.id }).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'k' }).sign(secret);
    },
  };
  it.each(Object.entries(refused))('%s is refused', async (_name, make) => {
    expect(await judge('knock', await make())).toBe('TOKEN_INVALID');
  });

  it('that expired is told so', async () => {
    expect(await judge('knock', await issuer.accessToken({ ...ada, expiresInSeconds: -10 }))).toBe('TOKEN_EXPIRED');
  });

  it('in another scheme is refused', async () => {
    const call = createClient(DoorServiceDefinition, channel).knock({}, { metadata: { authorization: 'Basic abc' } });
    await expect(call).rejects.toMatchObject({ code: 'UNAUTHENTICATED', reason: 'TOKEN_MISSING' });
  });
});
