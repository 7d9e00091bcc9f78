import { createSchemaCheck } from '@gatehouse/postgres';
import { createAuthObservability, migrationSets } from './app';
import { bootstrap } from './bootstrap';
import type { BootstrapConfig } from './config';
import { createParts } from './parts';

/** The command `bootstrap`: says on stdout whether it had anything to do. */
export async function runBootstrap(config: BootstrapConfig): Promise<void> {
  const observability = createAuthObservability({ ...config, OTEL_SDK_DISABLED: true });
  const parts = createParts(config, observability);
  try {
    // told at once: a database that cannot be used, or has no tables, a wrong secret
    await createSchemaCheck(parts.database, migrationSets)();
    await parts.signingKeys.signingKey();
    const outcome = await bootstrap(parts, config.AUTH_BOOTSTRAP_EMAIL, config.AUTH_BOOTSTRAP_PASSWORD);
    console.log(outcome === 'set' ? 'the administrator is there, with the password that was given' : 'the administrator was there already');
  } finally {
    await parts.close();
  }
}
