import type { Database } from '@gatehouse/postgres';
import { withPatience } from '../patience';
import type { People } from '../people';
import { deleteFactors } from '../postgres/factor-repository';
import { lockPeople } from '../postgres/known-people-repository';
import { deleteLoginTokensOf } from '../postgres/login-token-repository';
import { deleteRecoveryCodes } from '../postgres/recovery-code-repository';
import { revokeSessionsOf } from '../postgres/session-end-repository';
import type { FactorTeller } from './told';

export interface ResetFactorsOptions {
  database: Database;
  people: Pick<People, 'findByEmail'>;
  tell: FactorTeller;
  /** How long `user` is waited for. Milliseconds. */
  patienceMs: number;
}

/**
 * Removes the apps and recovery codes of the person with this email, whom they let in no more, and ends their sessions: a phone that is lost
 * may be with somebody else. Gives how many apps there were.
 */
export async function resetFactors({ database, people, tell, patienceMs }: ResetFactorsOptions, email: string): Promise<number> {
  const person = await withPatience(patienceMs, () => people.findByEmail(email));
  if (!person) return 0;
  const { user } = person;
  return database.transaction(async (tx) => {
    await deleteLoginTokensOf(tx, [user.id]);
    await lockPeople(tx, [user.id]);
    const count = await deleteFactors(tx, user.id);
    await deleteRecoveryCodes(tx, user.id);
    await revokeSessionsOf(tx, user.id);
    if (count) await tell(tx, user, 'factor_removed');
    return count;
  });
}
