import { requestInProgress } from '@gatehouse/contracts/api';
import { accountSuspended, codeInvalid } from '@gatehouse/contracts/auth';
import { isAppError } from '@gatehouse/errors';
import { isSuspended, type People, type Person, type PersonChanges } from '../people';
import { type CodeData, isSameEmail } from './one-time-code';

const maxAttempts = 3;

/** The person whom a code was mailed to, as long as the email is theirs: with another one the code is nothing. @throws codeInvalid, accountSuspended */
export async function findProved(people: Pick<People, 'findById'>, { userId, data }: { userId: string | null; data: CodeData }): Promise<Person> {
  const person = userId ? await people.findById(userId) : undefined;
  if (!person || !isSameEmail(person.user.email, data.oldEmail ?? data.email)) throw codeInvalid();
  if (isSuspended(person)) throw accountSuspended();
  return person;
}

/** Changes that person, as they are when it is done. Throws as `findProved`, and what `user` says of the change; requestInProgress when others change them all the time. */
export async function changeProved(
  people: Pick<People, 'findById' | 'update'>,
  code: { userId: string | null; data: CodeData },
  changes: PersonChanges,
): Promise<Person> {
  for (let attempt = 1; ; attempt++) {
    const person = await findProved(people, code);
    const fields = Object.keys(changes) as (keyof PersonChanges)[];
    if (fields.every((field) => person.user[field] === changes[field])) return person;
    try {
      return { ...person, user: await people.update(person.user, changes) };
    } catch (error) {
      if (isAppError(error, 'USER_NOT_FOUND') || isAppError(error, 'USER_DELETED')) throw codeInvalid({ cause: error });
      if (!isAppError(error, 'ETAG_MISMATCH')) throw error;
      if (attempt === maxAttempts) throw requestInProgress({ retryDelayMs: 200, cause: error });
    }
  }
}
