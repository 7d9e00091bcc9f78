import { bootstrap } from './bootstrap';
import type { BootstrapConfig } from './config';
import { withParts } from './with-parts';

/** The command `bootstrap`: says on stdout whether it had anything to do. */
export const runBootstrap = (config: BootstrapConfig): Promise<void> =>
  withParts(config, async (parts) => {
    const outcome = await bootstrap(parts, config.AUTH_BOOTSTRAP_EMAIL, config.AUTH_BOOTSTRAP_PASSWORD);
    console.log(outcome === 'set' ? 'the administrator is there, with the password that was given' : 'the administrator was there already');
  });
