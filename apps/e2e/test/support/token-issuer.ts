import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { randomBytes, randomUUID } from 'node:crypto';
import type { Gatehouse } from './gatehouse';
import { until } from './service-process';
import { withClient } from './with-client';

export interface TokenIssuer {
  /** A token that says that a service calls another one: `auth` calls `user`, unless it is said. */
  service(name?: string, audience?: string): Promise<string>;
  /** An access token that the installation would have given so many seconds ago, for a quarter of an hour; of a proof it tells what `claims` say. */
  access(userId: string, ageSeconds?: number, permissions?: readonly string[], claims?: { acr?: string; auth_time?: number }): Promise<string>;
}

/**
 * Signs tokens that an installation takes for its own: with a key that is put among its signing keys as an older one, as
 * after a rotation, and read by `auth` when that starts again.
 */
export async function joinSigningKeys(gatehouse: Gatehouse): Promise<TokenIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const kid = randomUUID();
  await withClient(gatehouse.databases.auth, async (client) => {
    const older = `insert into signing_keys (kid, public_key, sealed_private_key, create_time, activate_time)
                   values ($1, $2, $3, now() - interval '1 day', now() - interval '1 day')`;
    await client.query(older, [kid, (await exportJWK(publicKey)).x, randomBytes(32)]);
  });
  gatehouse.processes.auth.child.kill('SIGTERM');
  await gatehouse.processes.auth.exited;
  gatehouse.start('auth');
  await until('auth is back', async () => (await gatehouse.readyz('auth')) === 200);

  const now = () => Math.floor(Date.now() / 1000);
  const sign = (typ: string, subject: string, audience: string, issuedAt: number, lifetime: number, claims = {}) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', typ, kid })
      .setIssuer('http://127.0.0.1:8080')
      .setAudience(audience)
      .setSubject(subject)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + lifetime)
      .setJti(randomUUID())
      .sign(privateKey);
  return {
    service: (name = 'auth', audience = 'user') => sign('svc+jwt', name, audience, now(), 60),
    access: (userId, ageSeconds = 0, permissions = [], claims = {}) =>
      sign('at+jwt', userId, 'gatehouse', now() - ageSeconds, 900, { client_id: 'gatehouse', sid: randomUUID(), roles: [], permissions, ...claims }),
  };
}
