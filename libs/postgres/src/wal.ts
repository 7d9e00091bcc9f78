import type { ReadRoute, Statement } from './statement';

/** Where the log of the primary is. */
export interface Position {
  readonly lsn: bigint;
  readonly cluster: string;
  readonly timeline: number;
}
export type PositionRow = Readonly<Record<'lsn' | 'cluster', string>> & { readonly timeline: number };

/**
 * Asks a primary for its position. A commit is acknowledged, and seen by others, once the log is flushed as far as its record, so
 * the flushed end covers it. The inserted end would too, but is ahead of what a standby may be sent: reads would wait for records
 * of transactions that are under way, and after a switch of segments for a page header that no record follows. Without
 * `synchronous_commit` a commit is acknowledged before it is flushed, and the inserted end alone covers it.
 */
export const findPosition: Statement = {
  name: 'find-wal-position',
  text: `select
      (case current_setting('synchronous_commit') when 'off' then pg_current_wal_insert_lsn() else pg_current_wal_flush_lsn() end)::text as lsn,
      (select system_identifier::text from pg_control_system()) as cluster,
      ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int as timeline`,
};

/** How far a standby has come. */
export interface Standing {
  readonly isStandby: boolean;
  readonly replayed: bigint;
  readonly cluster: string;
  readonly timeline: number;
}
export type StandingRow = Readonly<Record<'is_standby', boolean>> & { readonly replayed: string | null; readonly cluster: string; readonly timeline: number };

/**
 * Asks a standby for its standing. The timeline is that of the control file, which a switch reaches with the next restartpoint: until
 * then the standby counts as being on the old one.
 */
export const findStanding: Statement = {
  name: 'find-replica-standing',
  text: `select
      pg_is_in_recovery() as is_standby,
      pg_last_wal_replay_lsn()::text as replayed,
      (select system_identifier::text from pg_control_system()) as cluster,
      (select min_recovery_end_timeline from pg_control_recovery()) as timeline`,
};

/** `16/B374D848`, two hexadecimal halves, as one number. */
function toLsn(text: string): bigint {
  const [high, low] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

export const toPosition = ({ lsn, ...rest }: PositionRow): Position => ({ ...rest, lsn: toLsn(lsn) });

export const toStanding = ({ is_standby: isStandby, replayed, ...rest }: StandingRow): Standing => ({ ...rest, isStandby, replayed: toLsn(replayed ?? '0/0') });

/** Whether a standby shows everything up to a position. Positions mean something within one cluster, and there on one timeline. */
export function judge(position: Position, { isStandby, replayed, cluster, timeline }: Standing): ReadRoute {
  if (cluster !== position.cluster) return { way: 'other_cluster' };
  if (!isStandby) return { way: 'promoted' };
  if (timeline !== position.timeline) return { way: 'other_timeline' };
  const lag = position.lsn - replayed;
  return lag > 0n ? { way: 'stale', lagBytes: Number(lag) } : { way: 'replica', lagBytes: 0 };
}
