import { ConfigError } from '@gatehouse/lifecycle';
import type { Config } from './config';
import { type Findings, isMost, reconcile } from './reconcile';
import { withParts } from './with-parts';

/**
 * `--dry-run` changes nothing, `--auth-is-current` leaves sessions and sign-ups, `--without-user` looks at nothing else,
 * `--remove-most` believes a `user` that does not know most people, `--list` names each person by their id.
 */
export const reconcileOptions = ['dry-run', 'auth-is-current', 'without-user', 'remove-most', 'list'] as const;

const progressMs = 5_000;

/**
 * The command `reconcile`: says on stdout what it found and did, and while that lasts how far it is; nothing of anybody but,
 * where it is asked for, ids.
 */
export async function runReconcile(config: Config, given: ReadonlySet<(typeof reconcileOptions)[number]>): Promise<void> {
  if (given.has('without-user') && given.has('auth-is-current'))
    throw new ConfigError(['--without-user with --auth-is-current leaves nothing to do: which of the two is meant?']);
  const [isDry, isAuthCurrent, isWithoutUser] = [given.has('dry-run'), given.has('auth-is-current'), given.has('without-user')];
  const findings: Findings = { sessionsEnded: 0, signUpsDropped: 0, codesEnded: 0, people: 0, withoutPassword: 0, unknown: 0, passwords: 0 };
  let isWaiting = false;
  const tellProgress = () => {
    console.log(
      isWaiting
        ? 'waiting for user: do auth and user run, with the same GATEHOUSE_ISSUER and GATEHOUSE_AUDIENCE?'
        : `compared so far: ${findings.people} people, ${findings.unknown} passwords of people whom user does not know`,
    );
    isWaiting = false;
  };
  await withParts(config, async ({ database, people }) => {
    const options = {
      database,
      people,
      isDry,
      isAuthCurrent,
      isWithoutUser,
      mayRemoveMost: given.has('remove-most'),
      onPerson: given.has('list') ? (finding: string, id: string) => console.log(`${finding} ${id}`) : undefined,
      onAlone: () =>
        console.log(
          isAuthCurrent
            ? 'sessions and sign-ups go on'
            : `${isDry ? 'to end' : 'ended'}: ${findings.sessionsEnded} sessions, ${findings.signUpsDropped} sign-ups, ${findings.codesEnded} mailed codes`,
        ),
      onWait: () => (isWaiting = true),
    };
    const progress = setInterval(tellProgress, progressMs);
    await reconcile(options, findings).finally(() => clearInterval(progress));
  });
  if (!isWithoutUser)
    console.log(
      `people: ${findings.people}; without a password: ${findings.withoutPassword}; passwords ${isDry ? 'to remove' : 'removed'}, of people whom user does not know: ${findings.unknown}`,
    );
  if (isDry && isMost(findings)) console.log('that is more than are kept: is the database of user the one that was restored? If so, --remove-most');
  if (isDry) console.log('nothing was changed');
}
