import { AuthServiceDefinition, descriptorSet as authContract } from '@gatehouse/contracts/auth';
import { descriptorSet as userContract, UserServiceDefinition } from '@gatehouse/contracts/user';
import { createChannel, createClient, type RpcClient } from '@gatehouse/rpc';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { freePort } from './free-port';
import { type Gatehouse, startGatehouse } from './gatehouse';
import { type HeldAddress, openHeldAddress } from './held-address';
import { send } from './http';
import { startProcess, until } from './service-process';
import { toUpstreams } from './settings';
import { joinSigningKeys, type TokenIssuer } from './token-issuer';
import { withClient } from './with-client';

/** A session whose tokens a test holds. */
export interface HeldSession {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** An installation with three processes that verify tokens, the gateway and two of `user`; what they hear from VerifierService can be held. */
export interface Verifiers {
  readonly gatehouse: Gatehouse;
  /** Between those who verify and VerifierService. */
  readonly feed: HeldAddress;
  /** Not through the feed's address. */
  readonly auth: RpcClient<AuthServiceDefinition>;
  /** What each of the three says to a token: the reason of the refusal; where it is let in, that there is no such person. */
  readonly judges: Readonly<Record<string, (accessToken: string) => Promise<string>>>;
  /** How many revocations each of the three has heard of since it began, and how many of them within a second of when they were written. */
  readHeard(): Promise<Readonly<Record<string, { readonly all: number; readonly withinSecond: number }>>>;
  /** Opens so many sessions, of a person each. */
  openSessions(count: number): Promise<readonly HeldSession[]>;
  close(): Promise<void>;
}

export async function startVerifiers(): Promise<Verifiers> {
  const [authPort, userPort, secondPort, secondAdmin] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const feed = await openHeldAddress(authPort);
  const target = `127.0.0.1:${feed.port}`;
  const upstreams = toUpstreams(({ name }) => `127.0.0.1:${name === 'auth' ? authPort : userPort}`);
  const env = {
    AUTH_GRPC_PORT: String(authPort),
    AUTH_USER_TARGET: `127.0.0.1:${userPort}`,
    USER_GRPC_PORT: String(userPort),
    USER_VERIFIER_TARGET: target,
    GATEWAY_UPSTREAMS: upstreams.replace(/(gatehouse\.verifier\.v1)=[^,]+/, `$1=${target}`),
  };
  const gatehouse = await startGatehouse({ env });
  const second = startProcess('user', { ...gatehouse.settings, USER_GRPC_PORT: String(secondPort), USER_ADMIN_PORT: String(secondAdmin) });
  await until('the second user is ready', async () => (await fetch(`http://127.0.0.1:${secondAdmin}/readyz`).catch(() => undefined))?.status === 200);
  const issuer = await joinSigningKeys(gatehouse);
  const open = (port: number) => createChannel({ target: `127.0.0.1:${port}`, descriptorSets: [authContract, userContract] });
  const channels = { auth: open(authPort), user: open(userPort), second: open(secondPort) };
  const ask = (name: 'user' | 'second') => (token: string) =>
    createClient(UserServiceDefinition, channels[name], { credentials: async () => token })
      .getUser({ id: 'me' })
      .then(
        () => 'OK',
        ({ reason }) => reason as string,
      );
  const judges: Verifiers['judges'] = {
    gateway: async (token) => (await send(gatehouse.url, 'GET', '/v1/users/me', { token })).body.reason,
    user: ask('user'),
    'second user': ask('second'),
  };
  const token = await issuer.access(randomUUID());
  for (const [name, judge] of Object.entries(judges)) await until(`${name} has the key`, async () => (await judge(token)) === 'USER_NOT_FOUND');
  return {
    gatehouse,
    feed,
    auth: createClient(AuthServiceDefinition, channels.auth),
    judges,
    async readHeard() {
      const ports = { gateway: gatehouse.ports.gatewayAdmin, user: gatehouse.ports.userAdmin, 'second user': secondAdmin };
      const heard: Record<string, { all: number; withinSecond: number }> = {};
      for (const [name, port] of Object.entries(ports)) {
        const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        const read = (series: string) =>
          Number(
            text
              .split('\n')
              .find((line) => line.startsWith(series))
              ?.split(' ')[1] ?? 0,
          );
        heard[name] = { all: read('revocations_lag_seconds_count'), withinSecond: read('revocations_lag_seconds_bucket{le="1"}') };
      }
      return heard;
    },
    openSessions: (count) => openSessions(gatehouse, issuer, count),
    async close() {
      for (const channel of Object.values(channels)) channel.close();
      second.child.kill('SIGKILL');
      await second.exited;
      await gatehouse.close();
      await feed.close();
    },
  };
}

/** Written past the service, as each password would take it a tenth of a second. */
async function openSessions(gatehouse: Gatehouse, issuer: TokenIssuer, count: number): Promise<readonly HeldSession[]> {
  const sessions = await Promise.all(
    Array.from({ length: count }, async () => {
      const accessToken = await issuer.access(randomUUID());
      const { sid, sub } = JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as { sid: string; sub: string };
      return { sid, sub, accessToken, refreshToken: `ghr_${randomBytes(32).toString('base64url')}` };
    }),
  );
  await withClient(gatehouse.databases.auth, async (client) => {
    const [ids, people] = [sessions.map(({ sid }) => sid), sessions.map(({ sub }) => sub)];
    const hashes = sessions.map(({ refreshToken }) => createHash('sha256').update(refreshToken).digest());
    await client.query(
      `insert into sessions (id, user_id, expire_time) select id, person, now() + interval '1 day' from unnest($1::uuid[], $2::uuid[]) as g (id, person)`,
      [ids, people],
    );
    await client.query(
      `insert into refresh_tokens (token_hash, session_id, expire_time) select hash, id, now() + interval '1 day' from unnest($1::bytea[], $2::uuid[]) as g (hash, id)`,
      [hashes, ids],
    );
    // else plans made for an empty table stay in use
    await client.query('analyze sessions, refresh_tokens');
  });
  return sessions;
}
