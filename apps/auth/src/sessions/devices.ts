import { randomUUID } from 'node:crypto';
import { createKeyRing, type Secrets } from '../seal';

/** Devices on which people have logged in, or have shown that their email is theirs. A device is known by a token that it keeps: nothing of it is in the database until it has a session. */
export interface Devices {
  /** Whose token it is, and of which device; undefined for what is none. */
  open(token: string): { readonly userId: string; readonly deviceId: string } | undefined;
  /** The token by which the device is known at this person's next login. */
  toToken(userId: string, deviceId: string): string;
}

// tells scanners of leaked secrets, and people, what it is
const prefix = 'ghd_';
const context = Buffer.from('device');
const toBytes = (uuid: string) => Buffer.from(uuid.replaceAll('-', ''), 'hex');
const toUuid = (bytes: Buffer) => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

export const newDeviceId = (): string => randomUUID();

/** A device whose token none of the secrets opens is a new one. */
export function createDevices(secrets: Secrets): Devices {
  const ring = createKeyRing(secrets, 'gatehouse device');
  return {
    open(token) {
      if (!token.startsWith(prefix)) return undefined;
      try {
        const bytes = ring.unseal(Buffer.from(token.slice(prefix.length), 'base64url'), context);
        return { userId: toUuid(bytes.subarray(0, 16)), deviceId: toUuid(bytes.subarray(16, 32)) };
      } catch {
        return undefined;
      }
    },
    toToken: (userId, deviceId) => prefix + ring.seal(Buffer.concat([toBytes(userId), toBytes(deviceId)]), context).toString('base64url'),
  };
}
