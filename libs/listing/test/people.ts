import { type Database, createDatabase } from '@gatehouse/postgres';
import { createTestDatabase } from '@gatehouse/postgres/testing';
import { boolean, defineFields, enumeration, integer, json, number, text, textArray, timestamp, uuid } from '../src';

/** What the tests list: a field of each kind, some of them without a value in some rows. */
export const fields = defineFields({
  id: uuid('id', { sortable: true }),
  email: text('email', { ignoreCase: 'ascii', sortable: true }),
  displayName: text('display_name'),
  status: enumeration('status', { PERSON_STATUS_ACTIVE: 'active', PERSON_STATUS_ON_LEAVE: 'on leave', PERSON_STATUS_GONE: 'gone' }),
  createTime: timestamp('create_time', { sortable: true }),
  logins: integer('logins', { sortable: true }),
  score: number('score'),
  verified: boolean('verified'),
  roles: textArray('roles'),
  metadata: json('metadata'),
});

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly displayName: string | null;
  readonly status: string;
  /** Of 1970, in microseconds. */
  readonly createTime: bigint;
  readonly logins: bigint;
  readonly score: number | null;
  readonly verified: boolean;
  readonly roles: readonly string[];
  readonly metadata: object | null;
}

const sql = `create table people (
  id uuid primary key, email text not null, display_name text, status text not null, create_time timestamptz not null,
  logins bigint not null, score double precision, verified boolean not null, roles text[] not null, metadata jsonb
);
create index people_email on people ((lower(email collate "C")), id);
create index people_create_time on people (create_time, id);
create index people_create_time_logins on people (create_time desc, logins, id);
create index people_roles on people using gin (roles);
create index people_metadata on people using gin (metadata);`;

/** A database with the table `people`. */
export async function openPeople(): Promise<{ database: Database; close(): Promise<void> }> {
  const testDatabase = await createTestDatabase([{ name: 'people', migrations: [{ name: '0001_create_people', sql }] }]);
  const database = createDatabase({ url: testDatabase.url, applicationName: 'listing' });
  return { database, close: async () => (await database.close(), testDatabase.drop()) };
}

export async function insertPeople(database: Database, people: readonly Person[]): Promise<void> {
  const rows = people.map(({ createTime, logins, ...person }) => ({ ...person, createTime: toTime(createTime), logins: String(logins) }));
  await database.query({
    name: 'insert-people',
    text: `insert into people
           select * from json_to_recordset($1) as person (
             id uuid, email text, "displayName" text, status text, "createTime" timestamptz, logins bigint, score double precision,
             verified boolean, roles text[], metadata jsonb)`,
    values: [JSON.stringify(rows)],
  });
}

/** A time in UTC, from microseconds since 1970. */
export function toTime(microseconds: bigint): string {
  const fraction = ((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((microseconds - fraction) / 1_000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(fraction).padStart(6, '0')}Z`;
}
