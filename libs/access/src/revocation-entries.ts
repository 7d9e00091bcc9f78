import type { Revocation } from '@gatehouse/contracts/verifier';
import { createHash } from 'node:crypto';

/** What of a token may be revoked, as the entries name it. */
export interface TokenMarks {
  readonly keyId: string;
  /** Of a token of a person. */
  readonly person?: {
    readonly hash: string;
    readonly sessionHash: string;
    /** None where the token does not say: then it counts as one of every role. */
    readonly roleIds: readonly string[] | undefined;
    /** Seconds since the epoch. */
    readonly issuedAt: number;
  };
}

/** `ended`: whoever holds the token signs in anew; `stale`: a new one of the same session says how it is now. */
export type Verdict = 'ended' | 'stale';

/** Milliseconds since the epoch. */
interface Entry {
  readonly time: number;
  readonly expireTime: number;
  /** When it came, by this process' clock. */
  readonly heardAt: number;
}

export interface RevocationEntries {
  /** Adds what is told; in whatever order, and however often, the same comes of it. */
  add(revocations: readonly Revocation[]): void;
  judge(marks: TokenMarks): Verdict | undefined;
  /**
   * The first second of which a token of these counts, for who learned at `askTime`, in milliseconds since the epoch, what it says;
   * 0 where any does. What came later than that is not counted: it may be what was changed.
   */
  firstSecond(person: { userId: string; roleIds: readonly string[] }, askTime: number): number;
  /** How many are held. */
  size(): number;
}

export interface RevocationEntriesOptions {
  /** How many are held at most; about 100 bytes each. */
  max: number;
  /** Told how many of the oldest were given up for one entry that counts for everybody. */
  onFold?: (count: number) => void;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

const hashBytes = 16;
const toText = (hash: Uint8Array) => Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('latin1');

/** How entries name a session or a person: the first 16 bytes of the SHA-256 of the id in lower case. */
export const toRevocationHash = (id: string): Buffer => createHash('sha256').update(id.toLowerCase()).digest().subarray(0, hashBytes);

/** The marks of a token; of a service's, the key alone. */
export const toMarks = (
  keyId: string,
  person?: { userId: string; sessionId: string; roleIds: readonly string[] | undefined; issuedAt: number },
): TokenMarks => ({
  keyId,
  ...(person && {
    person: {
      hash: toText(toRevocationHash(person.userId)),
      sessionHash: toText(toRevocationHash(person.sessionId)),
      roleIds: person.roleIds,
      issuedAt: person.issuedAt,
    },
  }),
});

// a token says in whole seconds when it was issued: one of the very second may be from before
const isBefore = (issuedAt: number, { time }: Entry) => issuedAt <= Math.floor(time / 1000);

/**
 * What is revoked, for as long as a token that it is about may live. Where there is more than `max`, the oldest make way: everybody's tokens
 * from before the last of them then count as stale, so that nothing that was revoked is let in, and people renew their tokens.
 */
export function createRevocationEntries({ max, onFold = () => {}, now = Date.now }: RevocationEntriesOptions): RevocationEntries {
  const sessions = new Map<string, Entry>();
  const people = new Map<string, Entry>();
  const roles = new Map<string, Entry>();
  const keys = new Map<string, Entry>();
  const all = [sessions, people, roles, keys];
  let everybody: Entry | undefined;

  const later = (one: Entry | undefined, other: Entry) => (one && one.time >= other.time ? one : other);
  const put = (entries: Map<string, Entry>, name: string, entry: Entry) => {
    const known = entries.get(name);
    if (known && known.time >= entry.time) return;
    // to the end: the first is the oldest
    entries.delete(name);
    entries.set(name, entry);
  };
  const size = () => all.reduce((sum, entries) => sum + entries.size, 0);

  const dropExpired = (time: number) => {
    for (const entries of all)
      for (const [name, { expireTime }] of entries) {
        if (expireTime > time) break;
        entries.delete(name);
      }
    if (everybody && everybody.expireTime <= time) everybody = undefined;
  };
  const fold = () => {
    let count = 0;
    // roles and keys are few
    for (const entries of [sessions, people])
      for (const [name, entry] of entries) {
        if (size() <= max) break;
        entries.delete(name);
        everybody = later(everybody, entry);
        count++;
      }
    if (count) onFold(count);
  };

  return {
    add(revocations) {
      const heardAt = now();
      for (const { subject, time, expireTime } of revocations) {
        const entry = { time: time?.getTime() ?? heardAt, expireTime: expireTime?.getTime() ?? Infinity, heardAt };
        if (!subject || entry.expireTime <= heardAt) continue;
        if (subject.$case === 'sessionHash') put(sessions, toText(subject.value), entry);
        else if (subject.$case === 'personHash') put(people, toText(subject.value), entry);
        else if (subject.$case === 'roleId') put(roles, subject.value, entry);
        else if (subject.$case === 'keyId') put(keys, subject.value, entry);
        else everybody = later(everybody, entry);
      }
      dropExpired(heardAt);
      fold();
    },
    judge({ keyId, person }) {
      if (person && sessions.has(person.sessionHash)) return 'ended';
      if (keys.has(keyId)) return 'stale';
      if (!person) return undefined;
      const concerning = [everybody, people.get(person.hash), ...(person.roleIds?.map((id) => roles.get(id)) ?? roles.values())];
      return concerning.some((entry) => entry && isBefore(person.issuedAt, entry)) ? 'stale' : undefined;
    },
    firstSecond({ userId, roleIds }, askTime) {
      const concerning = [everybody, people.get(toText(toRevocationHash(userId))), ...roleIds.map((id) => roles.get(id))];
      return concerning.reduce((first, entry) => (entry && entry.heardAt < askTime ? Math.max(first, Math.floor(entry.time / 1000) + 1) : first), 0);
    },
    size,
  };
}
