import { ConfigError } from '@gatehouse/lifecycle';
import type { Config } from '../config';
import { createFactorKeyRing } from '../factors/factor-codes';
import { resealFactors } from '../factors/reseal-factors';
import type { createParts } from '../parts';
import { noteKeyWithdrawn } from '../postgres/revocation-repository';
import { withParts } from '../with-parts';
import { createKeyRotation, type KeyRotation, publishAheadSeconds } from './key-rotation';

/** `--withdraw-current` takes the current key out of use at once; `--reseal` makes no key, and seals keys and apps under AUTH_SECRET_KEY. */
export const rotateKeysOptions = ['withdraw-current', 'reseal'] as const;
type Options = ReadonlySet<(typeof rotateKeysOptions)[number]>;

/** The command `rotate-keys`, for who cannot log in: says on stdout what was done. */
export async function runRotateKeys(config: Config, given: Options): Promise<void> {
  if (given.size > 1) throw new ConfigError(['--reseal with --withdraw-current: which of the two is meant?']);
  await withParts(config, (parts) => rotateKeys(config, parts, given));
}

async function rotateKeys(config: Config, parts: ReturnType<typeof createParts>, given: Options): Promise<void> {
  const { database, signingKeys, security } = parts;
  const tokenSeconds = config.AUTH_ACCESS_TOKEN_SECONDS;
  const rotation = createKeyRotation({ database, signingKeys, security, rotationDays: 0, tokenSeconds, onWithdrawn: noteKeyWithdrawn });
  if (given.has('reseal')) return reseal(rotation, parts);
  if (!given.has('withdraw-current')) {
    const { kid, activateTime } = await rotation.rotate();
    return console.log(`tokens are signed with ${kid} from ${activateTime.toISOString()} on, ${publishAheadSeconds / 60} minutes after it was made`);
  }
  const { kid } = await signingKeys.signingKey();
  await rotation.withdraw(kid);
  const successor = await signingKeys.signingKey();
  console.log(`${kid} is withdrawn: no token that it signed is valid any more; ${successor.kid} signs now`);
}

// apps that are named of what may be many
const maxTold = 10;

/** @throws Error where there are apps that cannot be opened, once all others are done */
async function reseal(rotation: KeyRotation, { database, secrets }: Pick<ReturnType<typeof createParts>, 'database' | 'secrets'>): Promise<void> {
  console.log(`keys that were sealed anew: ${await rotation.reseal()}`);
  const { count, unreadable } = await resealFactors(database, createFactorKeyRing(secrets));
  console.log(`authenticator apps that were sealed anew: ${count}`);
  if (unreadable.length)
    throw new Error(
      `${unreadable.length} authenticator apps were sealed with neither AUTH_SECRET_KEY nor one of AUTH_PREVIOUS_SECRET_KEYS: run this again with that one among them or, where it is lost, remove these apps: ${unreadable.slice(0, maxTold).join(', ')}`,
    );
}
