// A process of three commands, run by run-command.test.ts.
import { ConfigError, runCommand } from '../../src';

void runCommand({
  serve: async () => console.log('serving'),
  migrate: async () => console.log('migrated'),
  bootstrap: () => Promise.reject(new ConfigError(['AUTH_BOOTSTRAP_EMAIL: is required'])),
});
