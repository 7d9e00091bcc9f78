import type { ImportedProfile, ImportedUser, ImportOptions, ImportState } from './import';
import type { ImportKey } from './import-keys';
import type { ChangedUser } from './user-events';

/** The questions that an import asks, all of them in a transaction. */
export interface ImportRepository {
  /**
   * How far an import is, which is begun where it is not known, and held until the transaction ends.
   * @throws importOptionsChanged for one of another principal, or with other options
   */
  open(options: ImportOptions, principal: string): Promise<ImportState>;
  /** How far it is, held until the transaction ends; undefined when it is not known. */
  lock(importId: string): Promise<ImportState | undefined>;
  save(importId: string, state: ImportState): Promise<void>;
  /**
   * Everybody whom one of the keys names, held until the transaction ends.
   * @throws ImportRace
   */
  lockOwners(keys: readonly ImportKey[]): Promise<readonly ImportedUser[]>;
  /** Adds people. @throws ImportRace when somebody took what names one of them meanwhile */
  insert(people: readonly ImportedProfile[]): Promise<readonly ChangedUser[]>;
  /** Writes people that are locked as new revisions; `before` is how they were read. */
  update(changes: readonly { readonly after: ImportedProfile; readonly before: Pick<ImportedProfile, 'externalIds'> }[]): Promise<readonly ChangedUser[]>;
  /** Notes which row of the import was theirs. It is no change of theirs. */
  noteRows(importId: string, rows: readonly { readonly id: string; readonly number: bigint }[]): Promise<void>;
}

/** Another writer changed what a transaction had looked at: it is to be run again from the start. */
export class ImportRace extends Error {}
