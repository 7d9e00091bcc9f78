import { createSchemaCheck } from '@gatehouse/postgres';
import { createAuthObservability, migrationSets } from './app';
import type { Config } from './config';
import { createParts } from './parts';

/**
 * Does what a command does beside the service with parts of its own, untraced.
 * @throws Error at once for a database that cannot be used or is of another release, and for a wrong secret
 */
export async function withParts(config: Config, work: (parts: ReturnType<typeof createParts>) => Promise<void>): Promise<void> {
  const parts = createParts(config, createAuthObservability({ ...config, OTEL_SDK_DISABLED: true }));
  try {
    await createSchemaCheck(parts.database, migrationSets)();
    await parts.signingKeys.signingKey();
    await work(parts);
  } finally {
    await parts.close();
  }
}
