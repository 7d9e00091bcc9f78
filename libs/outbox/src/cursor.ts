/** Which course of events a position is of: xids begin anew in another cluster, and go back at point-in-time recovery. */
export interface History {
  /** `system_identifier` of the cluster. */
  readonly system: bigint;
  /** Of the write-ahead log: one more after each promotion of a standby and each recovery to a point in time. */
  readonly timeline: number;
}

/** A place in the order of commits: that of an event which was committed, or of the last one that was removed. */
export interface Position extends History {
  readonly xid: bigint;
  readonly id: bigint;
  /** Of the event in milliseconds, which tells it from another that got the same numbers after a machine was set back to a copy. */
  readonly createTimeMs: bigint;
}

const version = 1;
const length = 37;

/** The opaque text of a position: base64url without padding (RFC 4648, section 5). */
export function toCursor({ system, timeline, xid, id, createTimeMs }: Position): string {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt8(version, 0);
  bytes.writeBigInt64BE(system, 1);
  bytes.writeUInt32BE(timeline, 9);
  bytes.writeBigUInt64BE(xid, 13);
  bytes.writeBigInt64BE(id, 21);
  bytes.writeBigInt64BE(createTimeMs, 29);
  return bytes.toString('base64url');
}

/** What `toCursor` was given; undefined for any other text, that of a later version included. */
export function findPosition(cursor: string): Position | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length !== length || bytes.readUInt8(0) !== version || bytes.toString('base64url') !== cursor) return undefined;
  return {
    system: bytes.readBigInt64BE(1),
    timeline: bytes.readUInt32BE(9),
    xid: bytes.readBigUInt64BE(13),
    id: bytes.readBigInt64BE(21),
    createTimeMs: bytes.readBigInt64BE(29),
  };
}

export const isSameHistory = (one: History, other: History): boolean => one.system === other.system && one.timeline === other.timeline;
