import { signingKeyNotFound } from '@gatehouse/contracts/auth';
import { type BackgroundWorkOptions, createBackgroundWork } from '@gatehouse/lifecycle';
import type { Database, Queryable } from '@gatehouse/postgres';
import * as repository from '../postgres/signing-key-repository';
import type { SigningKeyRow } from '../postgres/signing-key-repository';
import type { SecurityEvents } from '../security-events';
import type { SigningKeys } from './signing-keys';

/**
 * How long a key is published before the first token is signed with it: verifiers ask anew after 300 seconds, and the JWK Set
 * is kept by caches for 360. Seconds.
 */
export const publishAheadSeconds = 600;
// what clocks and processes that hear late take. Seconds.
const graceSeconds = 300;
const daySeconds = 86_400;
const maintainMs = 60_000;

export interface KeyRotationOptions {
  database: Database;
  signingKeys: Pick<SigningKeys, 'sealing' | 'reload'>;
  security: SecurityEvents;
  /** How long a key signs until the next one takes over, in days; 0 for ever. */
  rotationDays: number;
  /** How long the longest-lived token is valid. Seconds. */
  tokenSeconds: number;
  /** Is told of a key that is withdrawn, in the transaction that does it. */
  onWithdrawn?: (tx: Queryable, kid: string) => Promise<void>;
}

export interface KeyRotation {
  list(): Promise<readonly SigningKeyRow[]>;
  /** Makes the next key, and seals all under the secret of today. Where a next one waits, it is that one. */
  rotate(caller?: string): Promise<SigningKeyRow>;
  /** Takes a key out of use at once; in the place of the current one another signs from now on. @throws signingKeyNotFound */
  withdraw(kid: string, caller?: string): Promise<SigningKeyRow>;
  /** Seals all keys under the secret of today; gives how many were not. */
  reseal(): Promise<number>;
  /** Does what is due: makes the next key by schedule, and removes those whose tokens have all expired. */
  maintain(): Promise<void>;
  /** Maintains from now on, in the background. */
  start(options: BackgroundWorkOptions): void;
  close(): Promise<void>;
}

/** Signing keys come and go, however many processes see to it at once: published first, then current, then retired, then gone. */
export function createKeyRotation({ database, signingKeys, security, rotationDays, tokenSeconds, onWithdrawn }: KeyRotationOptions): KeyRotation {
  const { sealing } = signingKeys;
  let background: ReturnType<typeof createBackgroundWork> | undefined;

  const changing = async <T>(work: (tx: Queryable, keys: readonly SigningKeyRow[]) => Promise<T>): Promise<T> => {
    const result = await database.transaction(async (tx) => {
      await repository.lockSigningKeys(tx);
      return work(tx, await repository.listSigningKeys(tx));
    });
    await signingKeys.reload();
    return result;
  };
  const insert = async (tx: Queryable, inSeconds: number): Promise<string> => {
    const key = await sealing.make();
    await repository.insertSigningKey(tx, key, inSeconds);
    return key.kid;
  };
  const findIn = async (tx: Queryable, kid: string) => (await repository.listSigningKeys(tx)).find((key) => key.kid === kid)!;

  const resealAll = async (tx: Queryable, keys: readonly SigningKeyRow[]): Promise<number> => {
    let count = 0;
    // who has signed for the last time is not opened any more
    for (const key of keys.filter(({ phase }) => phase === 'current' || phase === 'next')) {
      const sealed = sealing.reseal(key);
      if (!sealed) continue;
      await repository.replaceSealedKey(tx, key.kid, sealed);
      count += 1;
    }
    return count;
  };

  const maintain = async () => {
    const made = await changing(async (tx, keys) => {
      const now = await repository.readDatabaseTime(tx);
      const past = keys.filter((key) => isPast(key, now, tokenSeconds));
      if (past.length)
        await repository.deleteSigningKeys(
          tx,
          past.map(({ kid }) => kid),
        );
      const inSeconds = toNextSeconds(keys, now, rotationDays);
      return inSeconds === undefined ? undefined : insert(tx, inSeconds);
    });
    if (made) security.raise('signing_key_rotated');
  };

  return {
    list: () => repository.listSigningKeys(database),
    async rotate(caller) {
      const { key, isNew } = await changing(async (tx, keys) => {
        await resealAll(tx, keys);
        const waiting = keys.find(({ phase }) => phase === 'next');
        return { key: waiting ?? (await findIn(tx, await insert(tx, publishAheadSeconds))), isNew: !waiting };
      });
      if (isNew) security.raise('signing_key_rotated', { userId: caller });
      return key;
    },
    async withdraw(kid, caller) {
      const { key, isNew } = await changing(async (tx, keys) => {
        const found = keys.find((each) => each.kid === kid);
        if (!found) throw signingKeyNotFound();
        if (found.phase === 'withdrawn') return { key: found, isNew: false };
        await repository.withdrawSigningKey(tx, kid);
        const next = keys.find(({ phase }) => phase === 'next');
        if (found.phase === 'current') await (next ? repository.activateSigningKeyNow(tx, next.kid) : insert(tx, 0));
        await onWithdrawn?.(tx, kid);
        return { key: await findIn(tx, kid), isNew: true };
      });
      if (isNew) security.raise('signing_key_withdrawn', { userId: caller });
      return key;
    },
    reseal: () => changing(resealAll),
    maintain,
    start(options) {
      background = createBackgroundWork(options);
      background.every(maintainMs, maintain);
    },
    close: async () => background?.close(),
  };
}

const secondsBetween = (from: Date, to: Date) => (to.getTime() - from.getTime()) / 1_000;

/** Whether every token that the key signed has expired. */
function isPast({ phase, withdrawTime, retireTime }: SigningKeyRow, now: Date, tokenSeconds: number): boolean {
  const end = phase === 'withdrawn' ? withdrawTime : phase === 'retired' ? retireTime : null;
  return end !== null && secondsBetween(end, now) > tokenSeconds + graceSeconds;
}

/** In how many seconds a key that has to be made now is to sign; undefined while it is not time, or there is one. */
function toNextSeconds(keys: readonly SigningKeyRow[], now: Date, rotationDays: number): number | undefined {
  const current = keys.find(({ phase }) => phase === 'current');
  if (rotationDays === 0 || !current || keys.some(({ phase }) => phase === 'next')) return undefined;
  const leftSeconds = rotationDays * daySeconds - secondsBetween(current.activateTime, now);
  return leftSeconds <= publishAheadSeconds ? publishAheadSeconds : undefined;
}
