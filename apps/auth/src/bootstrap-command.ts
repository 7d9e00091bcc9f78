import { bootstrap, patienceMs } from './bootstrap';
import type { BootstrapConfig } from './config';
import { resetFactors } from './factors/reset-factors';
import { createFactorTeller } from './factors/told';
import { withParts } from './with-parts';

/** `--reset-factors` takes the second factors of the administrator away, who has lost them and whom nobody else can help. */
export const bootstrapOptions = ['reset-factors'] as const;

/** The command `bootstrap`: says on stdout whether it had anything to do. */
export const runBootstrap = (config: BootstrapConfig, given: ReadonlySet<(typeof bootstrapOptions)[number]>): Promise<void> =>
  withParts(config, async (parts) => {
    const outcome = await bootstrap(parts, config.AUTH_BOOTSTRAP_EMAIL, config.AUTH_BOOTSTRAP_PASSWORD);
    const fault = await parts.passwordPolicy
      .findFault(config.AUTH_BOOTSTRAP_PASSWORD, { email: config.AUTH_BOOTSTRAP_EMAIL, displayName: '' })
      .catch(() => undefined);
    if (fault) console.warn(`AUTH_BOOTSTRAP_PASSWORD ${fault.description}`);
    console.log(outcome === 'set' ? 'the administrator is there, with the password that was given' : 'the administrator was there already');
    if (!given.has('reset-factors')) return;
    const { database, people } = parts;
    const removed = await resetFactors({ database, people, tell: createFactorTeller(parts), patienceMs }, config.AUTH_BOOTSTRAP_EMAIL);
    console.log(`authenticator apps that were removed: ${removed}; the administrator is logged out everywhere`);
  });
