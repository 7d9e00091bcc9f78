// A process of a few commands, run by run-command.test.ts.
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { command, ConfigError, findUnknownSettings, port, readConfig, runCommand, secretKey } from '../../src';

const schema = z.object({ APP_PORT: port.default(80).describe('where it listens'), APP_KEY: secretKey.optional() });
const nothing = () => undefined;

// as node-postgres throws it
const quoting = Object.assign(new Error('duplicate key value violates unique constraint "users_email_key"'), {
  name: 'error',
  code: '23505',
  detail: 'Key (email)=(ada@example.com) already exists.',
  parameters: ['hunter2'],
});

void runCommand({
  findUnknown: () => findUnknownSettings(schema, process.env, ['APP_']),
  commands: {
    serve: command({
      read: () => readConfig(schema, process.env),
      run: async ({ APP_KEY }) => console.log(APP_KEY ? `serving with ${APP_KEY[0]}` : 'serving'),
    }),
    migrate: command({ read: nothing, run: async () => console.log('migrated') }),
    compare: command({
      read: nothing,
      options: ['dry-run', 'list'],
      run: async (_, given) => console.log(`compared ${given.has('dry-run') ? 'dry' : 'wet'} ${given.has('list') ? 'listed' : 'unlisted'}`),
    }),
    bootstrap: command({ read: nothing, run: () => Promise.reject(new ConfigError(['AUTH_BOOTSTRAP_EMAIL: is required'])) }),
    repair: command({ read: nothing, run: () => Promise.reject(quoting) }),
    wait: command({
      read: nothing,
      async run() {
        console.log('waiting');
        await pause(60_000);
      },
    }),
    inspect: command({
      read: nothing,
      check() {
        throw new ConfigError(['APP_CERT_FILE: holds no certificate']);
      },
      run: async () => console.log('inspected'),
    }),
  },
});
