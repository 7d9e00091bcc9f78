// A process of four commands, run by run-command.test.ts.
import { ConfigError, runCommand } from '../../src';

// as node-postgres throws it
const quoting = Object.assign(new Error('duplicate key value violates unique constraint "users_email_key"'), { name: 'error', code: '23505', detail: 'Key (email)=(ada@example.com) already exists.', parameters: ['hunter2'] });

void runCommand({
  serve: async () => console.log('serving'),
  migrate: async () => console.log('migrated'),
  bootstrap: () => Promise.reject(new ConfigError(['AUTH_BOOTSTRAP_EMAIL: is required'])),
  repair: () => Promise.reject(quoting),
});
