import { createRemoteKeys, createRevocations, createTokenVerifier, toRevocationHash } from '@gatehouse/access';
import type { WatchRevocationsResponse } from '@gatehouse/contracts/verifier';
import { UserChangeKind } from '@gatehouse/contracts/user';
import { setTimeout as pause } from 'node:timers/promises';
import { revokeSessionsOf } from '../src/postgres/session-end-repository';
import { noteKeyWithdrawn } from '../src/postgres/revocation-repository';
import { type AuthUnderTest, startAuth, until } from './auth-under-test';
import { active, deleted, password, suspended, useFollowed } from './followed-people';

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sid: string; sub: string; iat: number };

let under: AuthUnderTest;
let followed: ReturnType<typeof useFollowed>;
let count = 0;
const closing: (() => unknown)[] = [];
beforeAll(async () => {
  under = await startAuth({ settings: { AUTH_REFRESH_REPLAY_SECONDS: '0' } });
  followed = useFollowed(under);
  await followed.untilFollowing();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => under.close());

const enter = async (name: string) => {
  const { user, accessToken, refreshToken } = await under.auth.signUp({ email: `${name}-${count++}@example.com`, password });
  return { id: user!.id, sessionId: claimsOf(accessToken!).sid, accessToken: accessToken!, refreshToken: refreshToken! };
};

/** Listens as a verifier does; says of what is told what it is, in the words of the test. */
async function listen(replica = under, cursor = '') {
  const end = new AbortController();
  const responses: WatchRevocationsResponse[] = [];
  const done = (async () => {
    for await (const response of replica.verifier.watchRevocations({ cursor }, { signal: end.signal })) responses.push(response);
  })().catch(() => {});
  closing.push(() => (end.abort(), done));
  await until(() => responses.some(({ isCurrent }) => isCurrent));
  const before = cursor ? 0 : responses.length;
  const told = () =>
    responses.slice(before).flatMap(({ revocations }) =>
      revocations.map(({ subject }) => {
        const value = subject!.value;
        return `${subject!.$case} ${typeof value === 'string' ? value : Buffer.isBuffer(value) ? value.toString('hex') : ''}`.trim();
      }),
    );
  return { responses, told, cursor: () => responses.at(-1)!.cursor };
}
const session = (id: string) => `sessionHash ${toRevocationHash(id).toString('hex')}`;
const person = (id: string) => `personHash ${toRevocationHash(id).toString('hex')}`;

describe('that a session has ended is told', () => {
  const endings: Record<string, (one: Awaited<ReturnType<typeof enter>>) => Promise<unknown>> = {
    'by a logout': ({ refreshToken }) => under.auth.logout({ refreshToken }),
    'when its refresh token is used twice': async ({ refreshToken }) => {
      await under.auth.refresh({ refreshToken });
      await under.auth.refresh({ refreshToken }).catch(() => {});
    },
    'with all of its person': ({ id }) => under.database.transaction((tx) => revokeSessionsOf(tx, id)),
    'by a statement that somebody types': ({ sessionId }) =>
      followed.query('revoke-by-hand', 'update sessions set revoke_time = now() where id = $1', [sessionId]),
    'when its row is removed': ({ sessionId }) => followed.query('delete-by-hand', 'delete from sessions where id = $1', [sessionId]),
  };
  it.each(Object.entries(endings))('%s, once, and nothing of others', async (_name, endIt) => {
    const [ada] = [await enter('ada'), await enter('bob')];
    const { told } = await listen();
    await endIt(ada);
    await until(() => told().length > 0);
    // done again it changes nothing
    await under.auth.logout(ada);
    const last = await enter('last');
    await under.auth.logout(last);
    await until(() => told().includes(session(last.sessionId)));
    expect(told()).toEqual([session(ada.sessionId), session(last.sessionId)]);
  });

  it('only if the transaction that ends it is committed, and not when it is removed long after', async () => {
    const ada = await enter('ada');
    const { told } = await listen();
    const undone = under.database.transaction(async (tx) => {
      await revokeSessionsOf(tx, ada.id);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    await under.auth.logout(ada);
    await followed.query('delete-ended', 'delete from sessions where id = $1', [ada.sessionId]);
    const last = await enter('last');
    await under.auth.logout(last);
    await until(() => told().includes(session(last.sessionId)));
    expect(told()).toEqual([session(ada.sessionId), session(last.sessionId)]);
  });
});

describe('a transaction that stays open', () => {
  it('holds no revocation back', async () => {
    const { refreshToken, sessionId } = await enter('held');
    const { told } = await listen();
    const end = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const open = under.database.transaction(async (tx) => {
      await tx.query({ name: 'take-xid', text: 'select pg_current_xact_id()' });
      begun.resolve();
      await end.promise;
    });
    await begun.promise;
    await under.auth.logout({ refreshToken });
    await until(() => told().includes(session(sessionId)));
    end.resolve();
    await open;
  });
});

describe('calls that take every connection', () => {
  it('hold no revocation back', async () => {
    const crowded = await startAuth({ settings: { AUTH_DATABASE_POOL_SIZE: '1' } });
    closing.push(() => crowded.close());
    await crowded.auth.signUp({ email: 'ada@example.com', password });
    const { told } = await listen(crowded);
    const [locked, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const held = crowded.database.transaction(async (tx) => {
      await tx.query({ name: 'lock-credentials', text: 'lock table credentials in access exclusive mode' });
      locked.resolve();
      await end.promise;
    });
    await locked.promise;
    const call = crowded.auth.login({ email: 'ada@example.com', password }).catch(() => {});
    const waiting = {
      name: 'find-waiting',
      text: 'select 1 from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0',
    };
    try {
      await until(async () => (await crowded.database.query(waiting)).length > 0);
      await noteKeyWithdrawn(crowded.database, 'key-1');
      await until(() => told().length > 0);
    } finally {
      end.resolve();
    }
    await Promise.all([held, call]);
    expect(told()).toEqual(['keyId key-1']);
  });
});

describe('what happens to people is told', () => {
  it('when they are suspended, reinstated and get other roles, and when a role permits something else', async () => {
    const ada = await enter('ada');
    const { told } = await listen();
    under.users.change(ada.id, 'USER_CHANGE_KIND_SUSPENDED', { status: suspended });
    await until(() => told().length === 2);
    expect(told().sort()).toEqual([person(ada.id), session(ada.sessionId)].sort());
    under.users.change(ada.id, 'USER_CHANGE_KIND_REINSTATED', { status: active });
    await until(() => told().length === 3);
    under.users.change(ada.id, 'USER_CHANGE_KIND_ROLES_SET');
    await until(() => told().length === 4);
    under.users.change(ada.id, 'USER_CHANGE_KIND_UPDATED');
    for (let turn = 0; turn < 2; turn++) {
      under.users.feed.tell({ kind: UserChangeKind.USER_CHANGE_KIND_ROLE_CHANGED, roleId: 'editor' });
      await until(() => told().length === 5 + turn);
    }
    expect(told().slice(2)).toEqual([person(ada.id), person(ada.id), 'roleId editor', 'roleId editor']);
  });

  it('also where the clock of the database has gone back since it happened to them before', async () => {
    const ada = await enter('ada');
    under.users.change(ada.id, 'USER_CHANGE_KIND_ROLES_SET');
    await until(async () => (await followed.known(ada.id)) !== undefined);
    await followed.query('set-clock-back', `update known_people set not_before = now() + interval '1 hour' where user_id = $1`, [ada.id]);
    const { told } = await listen();
    under.users.change(ada.id, 'USER_CHANGE_KIND_ROLES_SET');
    await until(() => told().length > 0);
    expect(told()).toEqual([person(ada.id)]);
  });

  it('when they are purged', async () => {
    const ada = await enter('ada');
    const { told } = await listen();
    under.users.change(ada.id, 'USER_CHANGE_KIND_PURGED', { status: deleted });
    await until(() => told().length === 2);
    expect(told().sort()).toEqual([person(ada.id), session(ada.sessionId)].sort());
  });

  it('and when a key is withdrawn', async () => {
    const { told } = await listen();
    await under.database.transaction((tx) => noteKeyWithdrawn(tx, 'key-1'));
    await until(() => told().length > 0);
    expect(told()).toEqual(['keyId key-1']);
  });
});

describe('a verifier', () => {
  it('goes on from its cursor, at another replica too; with one that is none it gets all that counts', async () => {
    const [ada, bob] = [await enter('ada'), await enter('bob')];
    const beside = await startAuth({ beside: under });
    closing.push(() => beside.close());
    const first = await listen();
    await under.auth.logout(ada);
    await until(() => first.told().length === 1);
    const cursor = first.cursor();
    await under.auth.logout(bob);
    const [there, anew] = [await listen(beside, cursor), await listen(beside, 'none')];
    await until(() => [there, anew].every(({ told }) => told().includes(session(bob.sessionId))));
    // the last that it was told may be told again, where another transaction was open then
    expect([session(ada.sessionId), session(bob.sessionId)]).toEqual(expect.arrayContaining([...there.told()]));
    expect(anew.told()).toContain(session(ada.sessionId));
  });

  it('is told all again in midstream when the log is another one', async () => {
    const ada = await enter('ada');
    const { told } = await listen();
    await under.auth.logout(ada);
    await until(() => told().length === 1);
    await followed.query('lose', `delete from outbox_events`);
    const bob = await enter('bob');
    await under.auth.logout(bob);
    await until(() => told().includes(session(bob.sessionId)));
  });

  it('is told nothing of what counts no more', async () => {
    const ada = await enter('ada');
    await under.auth.logout(ada);
    await followed.query('age', `update outbox_events set create_time = create_time - interval '17 minutes'`);
    const { responses } = await listen();
    expect(responses.flatMap(({ revocations }) => revocations)).toEqual([]);
  });
});

describe('a token', () => {
  it('from before the roles of its person were others is renewed, and the new one counts at once', async () => {
    const revocations = createRevocations({
      watch: (cursor, signal) => under.verifier.watchRevocations({ cursor }, { signal }),
      failMode: 'open',
      graceMs: 0,
    });
    const keys = createRemoteKeys({ getJwks: () => under.verifier.getJwks({}) });
    closing.push(revocations.close, keys.close);
    revocations.start();
    keys.start();
    const verifier = createTokenVerifier({
      keys,
      revocations,
      issuer: under.config.GATEHOUSE_ISSUER,
      audience: under.config.GATEHOUSE_AUDIENCE,
      service: 'door',
    });
    const judge = (token: string) =>
      verifier.verify(token).then(
        () => 'OK',
        ({ reason }) => reason as string,
      );
    const [ada, bob] = [await enter('ada'), await enter('bob')];
    await until(async () => (await judge(ada.accessToken)) === 'OK');
    under.users.change(ada.id, 'USER_CHANGE_KIND_ROLES_SET');
    await until(async () => (await judge(ada.accessToken)) === 'TOKEN_EXPIRED');
    // the replica that signs hears it as all others do
    await pause(300);
    const { accessToken } = await under.auth.refresh({ refreshToken: ada.refreshToken });
    expect([await judge(accessToken!), await judge(bob.accessToken)]).toEqual(['OK', 'OK']);
    expect(await judge((await under.auth.refresh({ refreshToken: bob.refreshToken })).accessToken!)).toBe('OK');
  });
});
