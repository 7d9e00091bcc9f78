import { overloaded } from '@gatehouse/contracts/api';
import { type Database, type HeldTransaction, holdTransaction } from '@gatehouse/postgres';
import { exportSnapshot, requireSnapshot } from './postgres/export-repository';

const maxSnapshots = 4;
// an export that was cut off waits for its reader as long as this; one that came to its end, for a last message that was lost
const cutOffMs = 600_000;
const doneMs = 60_000;

/** A call's use of a snapshot. */
export interface SnapshotUse {
  readonly snapshot: string;
  /** Says that the call has ended, and whether with the end of the export. */
  leave(isDone: boolean): void;
}

/** The snapshots that this process keeps, one an export: each is a transaction that is held on a connection of its own. */
export interface ExportSnapshots {
  /**
   * The snapshot of an export: its own, or where this process has none, that of the transaction of another process, which is kept here from now on.
   * @throws cursorExpired when it is gone, overloaded when there are too many
   */
  join(exportId: string, from?: string): Promise<SnapshotUse>;
  close(): Promise<void>;
}

interface Entry {
  readonly held: Promise<HeldTransaction<string>>;
  users: number;
  isDone: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Keeps snapshots in transactions of `holding`, a database that nothing else uses. */
export function createExportSnapshots(holding: Database): ExportSnapshots {
  const entries = new Map<string, Entry>();

  async function end(exportId: string): Promise<void> {
    const entry = entries.get(exportId);
    entries.delete(exportId);
    clearTimeout(entry?.timer);
    await entry?.held.then(
      (held) => held.release(),
      () => {},
    );
  }

  // without a turn between, in which others that begin would find the same room
  function makeRoom(): void {
    if (entries.size < maxSnapshots) return;
    const idle = [...entries].find(([, { users, isDone }]) => users === 0 && isDone);
    if (!idle) throw overloaded({ retryDelayMs: 30_000 });
    void end(idle[0]);
  }

  function open(exportId: string, from: string | undefined): Entry {
    const held = requireSnapshot(() => holdTransaction(holding, exportSnapshot, { isolation: 'repeatable read', isReadOnly: true, snapshot: from }));
    const entry: Entry = { held, users: 0, isDone: false, timer: undefined };
    entries.set(exportId, entry);
    return entry;
  }

  return {
    async join(exportId, from) {
      if (!entries.has(exportId)) makeRoom();
      const entry = entries.get(exportId) ?? open(exportId, from);
      entry.users++;
      clearTimeout(entry.timer);
      try {
        const { value } = await entry.held;
        return {
          snapshot: value,
          leave(isDone) {
            entry.users--;
            entry.isDone ||= isDone;
            if (entry.users === 0) entry.timer = setTimeout(() => void end(exportId), entry.isDone ? doneMs : cutOffMs).unref();
          },
        };
      } catch (error) {
        entries.delete(exportId);
        throw error;
      }
    },
    close: async () => void (await Promise.all([...entries.keys()].map(end))),
  };
}
