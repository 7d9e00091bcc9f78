import type { Idempotency } from '@gatehouse/idempotency';
import { personNotFound } from '@gatehouse/contracts/auth';
import type { Queryable } from '@gatehouse/postgres';
import { applyPurge } from '../user-feed/apply-user-changes';

/**
 * Removes all that is here of a person, in the caller's transaction. The change feed of `user` does the same a moment later: so an erasure
 * that is cut off between the services comes to its end.
 * @param wasKnown whether `user` knew them until now
 * @throws personNotFound where it did not, and here is neither anything nor word that they were erased before
 */
export async function erasePerson(tx: Queryable, idempotency: Idempotency, userId: string, wasKnown: boolean): Promise<void> {
  const [row] = await tx.query<{ here: boolean }>({
    name: 'find-person-here',
    text: `select exists (select from credentials where user_id = $1) or exists (select from sessions where user_id = $1)
             or exists (select from known_people where user_id = $1) as here`,
    values: [userId],
  });
  if (!wasKnown && !row!.here) throw personNotFound({ id: userId });
  await idempotency.forget(tx, userId);
  await applyPurge(tx, userId);
}
