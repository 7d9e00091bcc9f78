import { Secret, TOTP } from 'otpauth';
import { randomBytes } from 'node:crypto';

// what every authenticator app takes: HMAC-SHA-1, which RFC 6238 has by default, and which needs no resistance to collisions here
const parameters = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
// a code of the step before or after is taken too, for slow fingers and clocks that differ (RFC 6238 §5.2)
const window = 1;
// as long as the hash (RFC 4226 §4, R6)
const secretBytes = 20;

const toSecret = (bytes: Uint8Array) => new Secret({ buffer: new Uint8Array(bytes).buffer });

export const makeTotpSecret = (): Buffer => randomBytes(secretBytes);

/** A secret in the ways in which apps read it: base32, and the URI of a QR code. */
export function toTotpTexts(secret: Uint8Array, { issuer, account }: { issuer: string; account: string }): { readonly secret: string; readonly uri: string } {
  const totp = new TOTP({ ...parameters, secret: toSecret(secret), issuer, label: account });
  return { secret: totp.secret.base32, uri: totp.toString() };
}

/**
 * The time step that a code belongs to; undefined for a wrong one, and for one of a step too far away.
 * @param now milliseconds since the epoch
 */
export function findTotpStep(secret: Uint8Array, code: string, now: number): number | undefined {
  const delta = TOTP.validate({ ...parameters, secret: toSecret(secret), token: code, timestamp: now, window });
  return delta === null ? undefined : TOTP.counter({ period: parameters.period, timestamp: now }) + delta;
}
