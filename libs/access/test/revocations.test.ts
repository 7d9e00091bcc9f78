import { descriptorSet as verifierContract, type Revocation, VerifierServiceDefinition } from '@gatehouse/contracts/verifier';
import { createChannel, createClient } from '@gatehouse/rpc';
import { startTestServer, type TestServer } from '@gatehouse/rpc/testing';
import { setTimeout as pause } from 'node:timers/promises';
import { createRevocations, createTokenVerifier, type RevocationsOptions, toRevocationHash } from '../src';
import { createTestIssuer, createTestRevocations, type TestIssuer, type TestRevocations } from '../src/testing';

const realm = { issuer: 'https://gatehouse.test', audience: 'gatehouse' };
const descriptorSets = [verifierContract];
const ada = '018f0000-0000-7000-8000-000000000001';
const bob = '018f0000-0000-7000-8000-000000000002';
const session = '018f0000-0000-7000-8000-0000000000aa';

let issuer: TestIssuer;
let log: TestRevocations;
let server: TestServer;
const closing: (() => unknown)[] = [];
const getJwks = async () => issuer.jwks;
const serve = (port?: number, watchRevocations = log.watch) =>
  startTestServer(VerifierServiceDefinition, { getJwks, watchRevocations }, { descriptorSets, port });
/** The service as it was: of its methods the first alone. */
const serveBefore = (port: number) => {
  const before = { ...VerifierServiceDefinition, methods: { getJwks: VerifierServiceDefinition.methods.getJwks } };
  return startTestServer(before, { getJwks }, { descriptorSets, port });
};

beforeEach(async () => {
  issuer = await createTestIssuer(realm);
  log = createTestRevocations();
  server = await serve();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await server.close();
});

/** A verifier that follows the server. */
function follow(options: Partial<RevocationsOptions> = {}) {
  const told: string[] = [];
  const channel = createChannel({ target: server.target, descriptorSets });
  const revocations = createRevocations({
    watch: (cursor, signal) => createClient(VerifierServiceDefinition, channel).watchRevocations({ cursor }, { signal }),
    failMode: 'open',
    graceMs: 0,
    retryMs: 10,
    observer: {
      open: () => {},
      applied: () => told.push('applied'),
      folded: (count) => told.push(`folded ${count}`),
      connected: () => told.push('connected'),
      lost: () => told.push('lost'),
      unknown: () => told.push('unknown'),
    },
    ...options,
  });
  revocations.start();
  closing.push(() => channel.close(), revocations.close);
  const verifier = createTokenVerifier({ ...realm, service: 'door', keys: issuer.keys, revocations });
  const judge = (token: string) =>
    verifier.verify(token).then(
      () => 'OK',
      ({ reason }) => reason,
    );
  return { revocations, verifier, judge, told };
}
type Followed = ReturnType<typeof follow>;

const until = async (condition: () => boolean | Promise<boolean>) => {
  for (const start = Date.now(); !(await condition()); await new Promise((resolve) => setTimeout(resolve, 5)))
    if (Date.now() - start > 5_000) throw new Error('it did not happen');
};
const isReady = ({ revocations }: Followed) => {
  try {
    revocations.requireReady();
    return true;
  } catch {
    return false;
  }
};
const ofSession = (id: string): Revocation['subject'] => ({ $case: 'sessionHash', value: toRevocationHash(id) });
const ofPerson = (id: string): Revocation['subject'] => ({ $case: 'personHash', value: toRevocationHash(id) });
const everybody: Revocation['subject'] = { $case: 'everybody', value: {} };
const secondsAgo = (seconds: number) => ({ iat: Math.floor(Date.now() / 1000) - seconds });

describe('a token', () => {
  it('is refused once its session has ended, also where it was verified before, and others are not', async () => {
    const followed = follow();
    await until(() => isReady(followed));
    const [token, other] = [await issuer.accessToken({ id: ada, sessionId: session }), await issuer.accessToken({ id: ada })];
    expect([await followed.judge(token), await followed.judge(token)]).toEqual(['OK', 'OK']);
    log.tell(ofSession(session.toUpperCase()));
    await until(async () => (await followed.judge(token)) !== 'OK');
    expect([await followed.judge(token), await followed.judge(other)]).toEqual(['TOKEN_REVOKED', 'OK']);
  });

  it('that says what has changed since is told to be renewed; one of later counts', async () => {
    const followed = follow();
    await until(() => isReady(followed));
    const old = await issuer.accessToken({ id: ada }, secondsAgo(2));
    log.tell(ofPerson(ada));
    await until(async () => (await followed.judge(old)) !== 'OK');
    expect(await followed.judge(old)).toBe('TOKEN_EXPIRED');
    expect(await followed.judge(await issuer.accessToken({ id: ada }, secondsAgo(-1)))).toBe('OK');
    expect(await followed.judge(await issuer.accessToken({ id: bob }, secondsAgo(2)))).toBe('OK');
  });

  it('of the very second of the change may be from before it, and is told to be renewed; the next one counts, whoever learned what it says after that was heard', async () => {
    const followed = follow();
    await until(() => isReady(followed));
    const time = new Date(Math.floor(Date.now() / 1000) * 1000 + 500);
    const iat = Math.floor(time.getTime() / 1000);
    const before = Date.now();
    log.tell(ofPerson(ada), { time });
    const same = await issuer.accessToken({ id: ada }, { iat });
    await until(async () => (await followed.judge(same)) === 'TOKEN_EXPIRED');
    const person = { userId: ada, roleIds: [] };
    // who asked before it was heard may have heard of what was before
    expect(followed.revocations.firstSecond(person, before)).toBe(0);
    expect(followed.revocations.firstSecond(person, Date.now() + 1)).toBe(iat + 1);
    expect(await followed.judge(await issuer.accessToken({ id: ada }, { iat: iat + 1 }))).toBe('OK');
  });

  it('of a role that was changed is told to be renewed, and one that does not say its roles; those of other roles count', async () => {
    const followed = follow();
    await until(() => isReady(followed));
    const of = (...roles: string[]) => issuer.accessToken({ id: ada }, { ...secondsAgo(2), roles });
    const [member, admin, unsaid] = [await of('member'), await of('member', 'admin'), await issuer.accessToken({ id: ada }, secondsAgo(2))];
    log.tell({ $case: 'roleId', value: 'admin' });
    await until(async () => (await followed.judge(admin)) !== 'OK');
    expect([await followed.judge(member), await followed.judge(admin), await followed.judge(unsaid)]).toEqual(['OK', 'TOKEN_EXPIRED', 'TOKEN_EXPIRED']);
  });

  it('of a key that was withdrawn is told to be renewed, of a service too, and the keys are asked for anew', async () => {
    let isAsked = false;
    const followed = follow({ onKeyWithdrawn: () => (isAsked = true) });
    await until(() => isReady(followed));
    const tokens = [await issuer.accessToken({ id: ada }), await issuer.serviceToken('auth', 'door')];
    log.tell({ $case: 'keyId', value: issuer.jwks.keys[0]!.kid });
    await until(async () => (await followed.judge(tokens[0]!)) !== 'OK');
    expect(await Promise.all(tokens.map(followed.judge))).toEqual(['TOKEN_EXPIRED', 'TOKEN_EXPIRED']);
    expect(isAsked).toBe(true);
    // what is told is the same once the keys are without it
    issuer.keys.find = async () => undefined;
    expect(await Promise.all([...tokens, await issuer.accessToken({ id: bob })].map(followed.judge))).toEqual(Array(3).fill('TOKEN_EXPIRED'));
  });

  it('of a service counts, whatever happened to everybody', async () => {
    const followed = follow();
    await until(() => isReady(followed));
    log.tell(everybody);
    const token = await issuer.accessToken({ id: ada }, secondsAgo(2));
    await until(async () => (await followed.judge(token)) === 'TOKEN_EXPIRED');
    expect(await followed.judge(await issuer.serviceToken('auth', 'door'))).toBe('OK');
  });
});

describe('what is revoked', () => {
  it('before a verifier began counts for it too, and nothing is verified until that is known', async () => {
    log.tell(ofSession(session));
    await server.close();
    const followed = follow();
    const token = await issuer.accessToken({ id: ada, sessionId: session });
    expect([await followed.judge(token), isReady(followed)]).toEqual(['UNAVAILABLE', false]);
    server = await serve(server.port);
    await until(() => isReady(followed));
    expect(await followed.judge(token)).toBe('TOKEN_REVOKED');
    expect(followed.told).not.toContain('applied');
  });

  it('while the feed was cut counts as soon as it is back, from where it was', async () => {
    const followed = follow();
    log.tell(ofSession(bob));
    await until(() => isReady(followed) && log.cursors.length === 1);
    const token = await issuer.accessToken({ id: ada, sessionId: session });
    await until(async () => (await followed.judge(await issuer.accessToken({ id: ada, sessionId: bob }))) === 'TOKEN_REVOKED');
    await server.close();
    log.tell(ofSession(session));
    await until(() => followed.told.includes('lost'));
    expect(await followed.judge(token)).toBe('OK');
    server = await serve(server.port);
    await until(async () => (await followed.judge(token)) === 'TOKEN_REVOKED');
    expect(log.cursors.at(-1)).toBe('1');
    expect(followed.told.filter((each) => each === 'applied').length).toBeGreaterThan(0);
  });

  it('is forgotten once every token that it is about has expired', async () => {
    const followed = follow();
    await until(() => isReady(followed));
    const token = await issuer.accessToken({ id: ada, sessionId: session });
    log.tell(ofSession(session), { expireTime: new Date(Date.now() + 1_000) });
    await until(async () => (await followed.judge(token)) === 'TOKEN_REVOKED');
    await until(async () => (await followed.judge(token)) === 'OK');
  });

  it('and is too much to be held counts for everybody: none of it is let in', async () => {
    const followed = follow({ max: 3 });
    await until(() => isReady(followed));
    const tokens: string[] = [];
    for (let index = 0; index < 5; index++) {
      const sessionId = session.slice(0, -1) + index;
      tokens.push(await issuer.accessToken({ id: ada, sessionId }, secondsAgo(2)));
      log.tell(ofSession(sessionId));
    }
    await until(async () => (await followed.judge(tokens.at(-1)!)) === 'TOKEN_REVOKED');
    expect(await Promise.all(tokens.map(followed.judge))).toEqual(['TOKEN_EXPIRED', 'TOKEN_EXPIRED', 'TOKEN_REVOKED', 'TOKEN_REVOKED', 'TOKEN_REVOKED']);
    expect(followed.told.filter((each) => each.startsWith('folded')).reduce((sum, each) => sum + Number(each.split(' ')[1]), 0)).toBe(2);
    // another person renews a token from before, and goes on
    expect(await followed.judge(await issuer.accessToken({ id: bob }, secondsAgo(2)))).toBe('TOKEN_EXPIRED');
    expect(await followed.judge(await issuer.accessToken({ id: bob }, secondsAgo(-1)))).toBe('OK');
  });
});

describe('a call that goes on', () => {
  it('ends when its session does, and not when others do', async () => {
    const followed = follow();
    await until(() => isReady(followed));
    const ends: string[] = [];
    for (const sessionId of [session, bob]) {
      const principal = await followed.verifier.verify(await issuer.accessToken({ id: ada, sessionId }));
      closing.push(followed.verifier.whenOver(principal, ({ reason }) => ends.push(`${sessionId === bob ? 'other' : 'own'} ${reason}`)));
    }
    log.tell(ofSession(session));
    await until(() => ends.length > 0);
    expect(ends).toEqual(['own TOKEN_REVOKED']);
  });

  it('begins not to go on where its session ended while it was let in', async () => {
    const followed = follow();
    await until(() => isReady(followed));
    const token = await issuer.accessToken({ id: ada, sessionId: session });
    const principal = await followed.verifier.verify(token);
    log.tell(ofSession(session));
    await until(async () => (await followed.judge(token)) === 'TOKEN_REVOKED');
    let end = '';
    followed.verifier.whenOver(principal, ({ reason }) => (end = reason))();
    expect(end).toBe('TOKEN_REVOKED');
  });
});

describe('a feed that is lost', () => {
  it('and silent is taken up anew', async () => {
    const watch: RevocationsOptions['watch'] = async function* (_cursor, signal) {
      asked++;
      yield { revocations: [], cursor: 'x', isCurrent: true };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    };
    let asked = 0;
    const followed = follow({ watch, lostAfterMs: 50 });
    await until(() => asked > 1 && followed.told.includes('lost'));
    expect(isReady(followed)).toBe(true);
  });

  it('is not one that ends by itself: it is taken up at its cursor, and nobody is told', async () => {
    const cursors: string[] = [];
    const watch: RevocationsOptions['watch'] = async function* (cursor) {
      cursors.push(cursor);
      yield { revocations: [], cursor: `after ${cursors.length}`, isCurrent: true };
    };
    const followed = follow({ watch });
    await until(() => cursors.length === 3);
    expect([cursors, followed.told]).toEqual([['', 'after 1', 'after 2'], ['connected']]);
  });

  it('refuses everybody but services after the grace where it fails closed, until it is back', async () => {
    const followed = follow({ failMode: 'closed', graceMs: 100, lostAfterMs: 400 });
    await until(() => isReady(followed));
    const token = await issuer.accessToken({ id: ada });
    expect(await followed.judge(token)).toBe('OK');
    await server.close();
    await until(async () => (await followed.judge(token)) === 'UNAVAILABLE');
    expect([isReady(followed), await followed.judge(await issuer.serviceToken('auth', 'door'))]).toEqual([false, 'OK']);
    server = await serve(server.port);
    await until(async () => (await followed.judge(token)) === 'OK');
  });

  it('is none where VerifierService is of a release without it: tokens count until they expire', async () => {
    await server.close();
    server = await serveBefore(server.port);
    const followed = follow({ failMode: 'closed' });
    await until(() => isReady(followed));
    expect(followed.told).toEqual(['unknown']);
    expect(await followed.judge(await issuer.accessToken({ id: ada }))).toBe('OK');
  });

  it('is none while releases mix: what is known counts, and nobody else is refused, until there is no VerifierService at all', async () => {
    await server.close();
    server = await serveBefore(server.port);
    const followed = follow({ failMode: 'closed', lostAfterMs: 1_000, unknownRetryMs: 50 });
    await until(() => isReady(followed));
    const [ended, other] = [await issuer.accessToken({ id: ada, sessionId: session }), await issuer.accessToken({ id: ada })];
    const verdicts = async () => [isReady(followed), await followed.judge(ended), await followed.judge(other)];

    await server.close();
    let isCurrent = false;
    log.tell(ofSession(session));
    server = await serve(server.port, async function* (...call) {
      for await (const response of log.watch(...call)) yield { ...response, isCurrent };
    });
    await until(async () => (await followed.judge(ended)) === 'TOKEN_REVOKED');
    expect(await verdicts()).toEqual([true, 'TOKEN_REVOKED', 'OK']);
    isCurrent = true;
    log.tell(ofSession(bob));
    const last = await issuer.accessToken({ id: ada, sessionId: bob });
    await until(async () => (await followed.judge(last)) === 'TOKEN_REVOKED');

    await server.close();
    server = await serveBefore(server.port);
    await until(() => followed.told.at(-1) === 'unknown');
    for (const begin = Date.now(); Date.now() - begin < 1_500; await pause(20)) expect(await verdicts()).toEqual([true, 'TOKEN_REVOKED', 'OK']);
    await server.close();
    await until(async () => (await followed.judge(other)) === 'UNAVAILABLE');
  });
});
