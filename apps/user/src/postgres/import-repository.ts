import { importInProgress, importOptionsChanged } from '@gatehouse/contracts/user';
import { findSqlState, type Queryable } from '@gatehouse/postgres';
import type { ImportedProfile, ImportedUser, ImportState } from '../import';
import { ImportRace, type ImportRepository } from '../import-repository';
import type { ChangedUser } from '../user-events';
import { toUser, userColumns, type UserRow } from './user-row';

interface ImportStateRow {
  principal: string;
  match_provider: string;
  on_existing: string;
  /** bigint, as text */
  last_number: string;
  created: string;
  updated: string;
  unchanged: string;
  skipped: string;
  failed: string;
}

const stateColumns = 'principal, match_provider, on_existing, last_number, created, updated, unchanged, skipped, failed';

const toState = (row: ImportStateRow): ImportState => ({
  lastNumber: BigInt(row.last_number),
  created: Number(row.created),
  updated: Number(row.updated),
  unchanged: Number(row.unchanged),
  skipped: Number(row.skipped),
  failed: Number(row.failed),
});

interface ImportedUserRow extends UserRow {
  import_id: string | null;
  /** bigint, as text */
  import_row: string | null;
}

const toImportedUser = (row: ImportedUserRow): ImportedUser => ({
  ...toUser(row),
  importId: row.import_id ?? undefined,
  importRow: row.import_row === null ? undefined : BigInt(row.import_row),
});

// each key is looked up by itself, in an index: a plan that reads the table is none, however new its statistics are
const owners = `select id from unnest($1::text[]) as key, lateral (select id from users where lower(email collate "C") = key limit 1) as each
  union select id from unnest($2::text[]) as key, lateral (select id from users where lower(nullif(username, '') collate "C") = key limit 1) as each
  union select user_id from unnest($3::text[], $4::text[]) as key (provider, id),
    lateral (select user_id from user_external_ids where provider = key.provider and external_id = key.id limit 1) as each`;

interface ChangedRow {
  id: string;
  status: 'active' | 'suspended';
  update_time: Date;
  /** bigint, as text */
  revision: string;
}
const changedColumns = 'users.id, users.status, users.update_time, users.revision';
const toChangedUser = ({ id, status, update_time: updateTime, revision }: ChangedRow): ChangedUser => ({ id, status, updateTime, revision: Number(revision) });

const profileColumns = `email, email_verified, phone, username, display_name, given_name, family_name, locale, time_zone, picture_url,
  public_metadata, private_metadata, own_metadata, status, import_id, import_row`;
const people = `json_to_recordset($1) as each (id uuid, email text, email_verified boolean, phone text, username text, display_name text, given_name text,
  family_name text, locale text, time_zone text, picture_url text, public_metadata jsonb, private_metadata jsonb, own_metadata jsonb, status text,
  import_id uuid, import_row bigint)`;

/** Asks the questions of an import to a transaction. */
export function createImportRepository(tx: Queryable): ImportRepository {
  async function insertExternalIds(of: readonly ImportedProfile[]): Promise<void> {
    const rows = of.flatMap(({ id, externalIds }) => externalIds.map((each) => ({ user_id: id, provider: each.provider, external_id: each.id })));
    if (!rows.length) return;
    await tx.query({
      name: 'import-external-ids',
      // writers who take them in one order do not wait for each other in a circle
      text: `insert into user_external_ids (user_id, provider, external_id)
             select user_id, provider, external_id from json_to_recordset($1) as each (user_id uuid, provider text, external_id text)
             order by provider collate "C", external_id collate "C"`,
      values: [JSON.stringify(rows)],
    });
  }

  return {
    async open({ importId, matchProvider, onExisting }, principal) {
      await tx.query({
        name: 'insert-import',
        text: 'insert into imports (import_id, principal, match_provider, on_existing) values ($1, $2, $3, $4) on conflict (import_id) do nothing',
        values: [importId, principal, matchProvider, onExisting],
      });
      const row = await lockImport(tx, importId);
      if (!row) throw new ImportRace();
      if (row.principal !== principal || row.match_provider !== matchProvider || row.on_existing !== onExisting) throw importOptionsChanged();
      return toState(row);
    },

    async lock(importId) {
      const row = await lockImport(tx, importId);
      return row && toState(row);
    },

    async save(importId, { lastNumber, created, updated, unchanged, skipped, failed }) {
      await tx.query({
        name: 'save-import',
        text: `update imports set last_number = $2, created = $3, updated = $4, unchanged = $5, skipped = $6, failed = $7, update_time = now() where import_id = $1`,
        values: [importId, String(lastNumber), created, updated, unchanged, skipped, failed],
      });
    },

    async lockOwners(keys) {
      const [emails, usernames] = ['email ', 'username '].map((kind) => keys.filter((key) => key.startsWith(kind)).map((key) => key.slice(kind.length)));
      const externalIds = keys.filter((key) => key.startsWith('external ')).map((key) => /^external (\S+) (.*)$/s.exec(key)!);
      const values = [emails, usernames, externalIds.map(([, provider]) => provider), externalIds.map(([, , id]) => id)];
      // the tables grow by the thousand: a plan is for as they are now
      await tx.query({ name: 'plan-anew', text: `select set_config('plan_cache_mode', 'force_custom_plan', true)` });
      const locked = await tx.query<{ id: string }>({
        name: 'lock-owners',
        text: `select id from users where id in (${owners}) order by id for update`,
        values,
      });
      if (!locked.length) return [];
      // read once they are locked: while one was waited for, their emails and external ids may have changed
      const rows = await tx.query<ImportedUserRow>({
        name: 'find-owners',
        text: `select ${userColumns}, import_id, import_row from users where id in (${owners})`,
        values,
      });
      const ids = new Set(locked.map(({ id }) => id));
      if (rows.some(({ id }) => !ids.has(id))) throw new ImportRace();
      return rows.map(toImportedUser);
    },

    async insert(added) {
      if (!added.length) return [];
      const rows = await tx.query<ChangedRow>({
        name: 'import-users',
        text: `insert into users (id, roles, ${profileColumns}) select id, '{member}', ${profileColumns} from ${people}
               order by lower(email collate "C") on conflict do nothing returning ${changedColumns}`,
        values: [toJson(added)],
      });
      if (rows.length !== added.length) throw new ImportRace();
      await insertExternalIds(added);
      return rows.map(toChangedUser);
    },

    async update(changes) {
      if (!changes.length) return [];
      const moved = changes.filter(({ after, before }) => JSON.stringify(after.externalIds) !== JSON.stringify(before.externalIds));
      if (moved.length)
        await tx.query({
          name: 'delete-imported-external-ids',
          text: 'delete from user_external_ids where user_id = any ($1::uuid[])',
          values: [moved.map(({ after }) => after.id)],
        });
      const rows = await tx.query<ChangedRow>({
        name: 'import-changes',
        text: `update users set (${profileColumns}) = row (${profileColumns.replace(/\w+/g, 'each.$&')}),
                 update_time = greatest(now(), update_time + interval '1 millisecond'), revision = revision + 1
               from ${people} where users.id = each.id returning ${changedColumns}`,
        values: [toJson(changes.map(({ after }) => after))],
      });
      await insertExternalIds(moved.map(({ after }) => after));
      return rows.map(toChangedUser);
    },

    async noteRows(importId, rows) {
      if (!rows.length) return;
      await tx.query({
        name: 'note-imported-rows',
        text: `update users set import_id = $1, import_row = number from unnest($2::uuid[], $3::bigint[]) as each (user_id, number) where id = user_id`,
        values: [importId, rows.map(({ id }) => id), rows.map(({ number }) => String(number))],
      });
    },
  };
}

const lockImport = async (tx: Queryable, importId: string): Promise<ImportStateRow | undefined> =>
  (await tx.query<ImportStateRow>({ name: 'lock-import', text: `select ${stateColumns} from imports where import_id = $1 for update`, values: [importId] }))[0];

const toJson = (profiles: readonly ImportedProfile[]): string =>
  JSON.stringify(
    profiles.map((user) => ({
      id: user.id,
      email: user.email,
      email_verified: user.emailVerified,
      phone: user.phone,
      username: user.username,
      display_name: user.displayName,
      given_name: user.givenName,
      family_name: user.familyName,
      locale: user.locale,
      time_zone: user.timeZone,
      picture_url: user.pictureUrl,
      public_metadata: user.publicMetadata,
      private_metadata: user.privateMetadata,
      own_metadata: user.ownMetadata,
      status: user.status,
      import_id: user.importId,
      import_row: String(user.importRow),
    })),
  );

/**
 * Holds an import until the transaction ends, whichever process of the service it is in.
 * @throws importInProgress when another call holds it, and goes on doing so for a fifth of a second
 */
export async function holdImport(tx: Queryable, importId: string): Promise<void> {
  const text = `with limited as materialized (select set_config('lock_timeout', '200', true))
    select pg_advisory_xact_lock(hashtextextended('gatehouse import ' || $1, 0)) from limited`;
  try {
    await tx.query({ name: 'hold-import', text, values: [importId] });
  } catch (error) {
    throw findSqlState(error) === '55P03' ? importInProgress({ cause: error, retryDelayMs: 1_000 }) : error;
  }
}

/** Removes imports that nobody went on with for so many milliseconds, a batch a statement, until there are none or `signal` aborts. */
export async function sweepImports(db: Queryable, retentionMs: number, signal?: AbortSignal): Promise<void> {
  const text = `with old as materialized (
      select import_id from imports where update_time < now() - $1 * interval '1 millisecond' order by update_time limit 100 for update skip locked),
    deleted as (delete from imports using old where imports.import_id = old.import_id returning 1)
    select count(*)::int as count from deleted`;
  for (let count = 100; count === 100 && !signal?.aborted;)
    [{ count }] = (await db.query<{ count: number }>({ name: 'delete-old-imports', text, values: [retentionMs] })) as [{ count: number }];
}
