import type { MigrationSet } from '@gatehouse/postgres';
import createUsers from './migrations/0001_create_users.sql';

export const userMigrations: MigrationSet = {
  name: 'user',
  migrations: [{ name: '0001_create_users', sql: createUsers }],
};
