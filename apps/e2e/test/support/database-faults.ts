import type { Gatehouse } from './gatehouse';
import { endConnections, whileChanged, whileHolding, withClient } from './with-client';

/** Breaks something for as long as `work` takes. */
export type Fault = (gatehouse: Gatehouse, work: () => Promise<void>) => Promise<void>;
type Service = 'user' | 'auth';

const roleOf = (service: Service) => `gatehouse_${service}`;

/** Changes the role of a service, and lets it connect anew before and after. */
const withRole =
  (service: Service, change: string, back: string, inside: (gatehouse: Gatehouse, work: () => Promise<void>) => Promise<void> = (_, work) => work()): Fault =>
  async (gatehouse, work) => {
    const { superuser } = gatehouse;
    const alter = async (what: string) => {
      await withClient(superuser[service], (client) => client.query(`alter role ${roleOf(service)} ${what}`));
      await endConnections(superuser[service], roleOf(service));
    };
    await alter(change);
    try {
      await inside(gatehouse, work);
    } finally {
      await alter(back.replace('$password', () => `password '${new URL(gatehouse.databases[service]).password}'`));
    }
  };

const withSchema =
  (service: Service, change: string, back: string): Fault =>
  ({ databases }, work) =>
    whileChanged(databases[service], change, back, work);

const locked =
  (service: Service, table: string): Fault =>
  ({ databases }, work) =>
    whileHolding(databases[service], `lock table ${table} in access exclusive mode`, work);

/** Does something to the backends of a service again and again while it waits for a lock. */
const whileBackendsAre =
  (service: Service, table: string, act: 'pg_cancel_backend' | 'pg_terminate_backend'): Fault =>
  (gatehouse, work) =>
    withClient(gatehouse.superuser[service], async (client) => {
      let over = false;
      const acting = (async () => {
        while (!over) {
          await client.query(`select ${act}(pid) from pg_stat_activity where usename = $1 and wait_event_type = 'Lock'`, [roleOf(service)]);
          await client.query('select pg_sleep(0.05)');
        }
      })();
      await locked(service, table)(gatehouse, work);
      over = true;
      await acting;
    });

/** Every write of a person fails with an SQLSTATE, in words that nobody outside should read. */
const raising = (state: string): Fault =>
  withSchema(
    'user',
    `create function fail() returns trigger language plpgsql as $$ begin raise exception using errcode = '${state}', message = 'relation "users" of 127.0.0.1', detail = new.email, hint = new.display_name; end $$;
     create trigger fail before insert or update on users for each row execute function fail()`,
    'drop trigger fail on users; drop function fail',
  );

// classes 08, 22, 23, 25, 40, 53, 55, 57 and 58 as far as the table of SQLSTATEs names them, and some that it does not
const states = [
  '08006',
  '22021',
  '22P02',
  '22001',
  '23505',
  '23503',
  '25006',
  '40001',
  '40P01',
  '53100',
  '53200',
  '53300',
  '55P03',
  '57014',
  '57P02',
  '57P03',
  '58030',
  '0A000',
  'P0001',
  'XX000',
  'XX001',
];

export const databaseFaults: Readonly<Record<string, Fault>> = {
  '25006, a database that can only be read': withRole('user', 'set default_transaction_read_only = on', 'reset default_transaction_read_only'),
  '25006, of auth': withRole('auth', 'set default_transaction_read_only = on', 'reset default_transaction_read_only'),
  '28P01, another password': withRole('user', "password 'another'", '$password'),
  '28000, a role that may not log in': withRole('auth', 'nologin', 'login'),
  '53300, too many connections': withRole('user', 'connection limit 0', 'connection limit -1'),
  '53300, of auth': withRole('auth', 'connection limit 0', 'connection limit -1'),
  '55P03, a lock': withRole('user', "set lock_timeout = '50ms'", 'reset lock_timeout', locked('user', 'users')),
  '55P03, a lock on sessions': withRole('auth', "set lock_timeout = '50ms'", 'reset lock_timeout', locked('auth', 'sessions')),
  '57014, cancelled statements': whileBackendsAre('user', 'users', 'pg_cancel_backend'),
  '57P01, terminated backends': whileBackendsAre('user', 'users', 'pg_terminate_backend'),
  '57P01, terminated backends of auth': whileBackendsAre('auth', 'sessions', 'pg_terminate_backend'),
  '42501, revoked grants': withSchema('user', 'revoke all on users from gatehouse_user', 'grant all on users to gatehouse_user'),
  '42501, revoked grants of auth': withSchema('auth', 'revoke all on sessions from gatehouse_auth', 'grant all on sessions to gatehouse_auth'),
  '42703, a column that is gone': withSchema(
    'user',
    'alter table users rename column display_name to other',
    'alter table users rename column other to display_name',
  ),
  '42P01, a table that is gone': withSchema('auth', 'alter table sessions rename to other', 'alter table other rename to sessions'),
  '23514, an unknown check': withSchema(
    'user',
    "alter table users add constraint unknown_check check (display_name = 'x') not valid",
    'alter table users drop constraint unknown_check',
  ),
  '23502, a column that must be given': withSchema(
    'user',
    'alter table users alter column status drop default',
    "alter table users alter column status set default 'active'",
  ),
  '23503, an unknown foreign key': withSchema(
    'user',
    'create table others (id uuid primary key); alter table users add constraint unknown_fkey foreign key (id) references others not valid',
    'alter table users drop constraint unknown_fkey; drop table others',
  ),
  'a stopped PostgreSQL': (gatehouse, work) => gatehouse.withoutPostgres(work),
  ...Object.fromEntries(states.map((state) => [`${state}, raised`, raising(state)])),
};
