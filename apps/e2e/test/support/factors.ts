import { TOTP } from 'otpauth';
import { send } from './http';
import type { Scene } from './scene';
import { whileChanged } from './with-client';

/** A token of somebody who proved who they are by password and code a moment ago. */
export const proven = ({ issuer }: Scene, userId: string, permissions: readonly string[] = []): Promise<string> =>
  issuer.access(userId, 0, permissions, { acr: 'aal2', auth_time: Math.floor(Date.now() / 1000) });

/** Gives somebody apps that count, and whose codes nobody knows, for as long as `work` takes. */
export const whileHasFactors = ({ gatehouse }: Scene, userId: string, count: number, work: () => Promise<void>): Promise<void> =>
  whileChanged(
    gatehouse.databases.auth,
    `insert into factors (id, user_id, kind, sealed_secret, confirm_time)
     select gen_random_uuid(), '${userId}', 'totp', '', now() from generate_series(1, ${count})`,
    `delete from factors where user_id = '${userId}'`,
    work,
  );

/** Has somebody's password be right, and their login wait for a code with this token. */
export const whileLoggingIn = ({ gatehouse }: Scene, userId: string, loginToken: string, work: () => Promise<void>): Promise<void> =>
  whileChanged(
    gatehouse.databases.auth,
    `insert into login_tokens (token_hash, user_id, password_digest, device_id, is_device_known, expire_time)
     select sha256('${loginToken}'), user_id, sha256(convert_to(password_hash, 'UTF8')), gen_random_uuid(), false, now() + interval '1 minute'
     from credentials where user_id = '${userId}'`,
    `delete from login_tokens where user_id = '${userId}'`,
    work,
  );

/** Begins to add an app; gives its id. */
export async function enrolTotp(scene: Scene, userId: string): Promise<string> {
  const { body } = await send(scene.gatehouse.url, 'POST', '/v1/auth/factors:enrollTotp', { token: await proven(scene, userId), body: {} });
  return body.factor.id;
}

/** Adds an app to whose token it is, who just logged in; gives their recovery codes, and what tells the app's next code. */
export async function addApp(url: string, token: string): Promise<{ recoveryCodes: readonly string[]; nextCode: () => string }> {
  const { body } = await send(url, 'POST', '/v1/auth/factors:enrollTotp', { token, body: {} });
  const app = new TOTP({ secret: body.secret });
  // of a code only a later one is taken, and one step ahead counts too
  const codeAt = (steps: number) => app.generate({ timestamp: Date.now() + steps * 30_000 });
  const confirmed = await send(url, 'POST', `/v1/auth/factors/${body.factor.id}:confirm`, { token, body: { totpCode: codeAt(0) } });
  return { recoveryCodes: confirmed.body.recoveryCodes, nextCode: () => codeAt(1) };
}
