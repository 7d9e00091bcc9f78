import type { ClientInfo } from '@gatehouse/access';
import { accountSuspended, invalidCredentials, passwordReused } from '@gatehouse/contracts/auth';
import type { Database, Queryable, Transaction } from '@gatehouse/postgres';
import { asAttempt, type Attempts } from '../attempts/attempts';
import { isSuspended, type People, type Person } from '../people';
import { findPasswordHash, lockPasswordHash, putPasswordHash } from '../postgres/credential-repository';
import { findRetiredHashes, retireHash } from '../postgres/password-history-repository';
import { revokeSessionsOf } from '../postgres/session-end-repository';
import type { SecurityEvents } from '../security-events';
import type { PasswordField, PasswordOwner, PasswordPolicy } from './password-policy';
import type { Passwords } from './passwords';

export interface PasswordChangesOptions {
  database: Database;
  people: People;
  passwords: Passwords;
  policy: PasswordPolicy;
  security: SecurityEvents;
  attempts: Pick<Attempts, 'begin'>;
  /** How many of a person's last passwords may not be set again, the present one among them. */
  history: number;
  /** Done in the transaction in which a password takes the place of another one: whom it is about is to be told. */
  onChanged?: (tx: Queryable, userId: string, owner: PasswordOwner) => Promise<void>;
}

export interface PasswordChange {
  readonly userId: string;
  /** The session that calls, which goes on. */
  readonly sessionId: string;
  readonly oldPassword: string;
  readonly newPassword: string;
  readonly client: ClientInfo;
}

/** The password that somebody says is theirs, and the session in which they do. */
export interface PasswordProof {
  readonly password: string;
  readonly client: ClientInfo;
  readonly sessionId: string;
}

/** A password that was judged and hashed, and can be set. */
export interface PreparedPassword {
  readonly userId: string;
  readonly passwordHash: string;
  readonly owner: PasswordOwner;
}

export interface PasswordChanges {
  /**
   * Gives a person another password, for who knows the one they have; all sessions but the one that calls end.
   * @throws invalidCredentials, also where somebody else changed it meanwhile; accountSuspended; as `prepare` and Attempts.begin
   */
  change(change: PasswordChange): Promise<void>;
  /**
   * Has who is signed in prove that they know the password. Counted by the session, so that whoever tries it from elsewhere keeps nobody out.
   * @throws invalidCredentials; as Attempts.begin
   */
  prove(person: Person, proof: PasswordProof): Promise<string>;
  /**
   * Judges and hashes a password that a person is to be given, without changing anything: it takes as long as several logins, so no
   * transaction waits for it.
   * @throws passwordTooWeak, passwordBreached, passwordReused, with a violation of the field; overloaded, unavailable
   */
  prepare(userId: string, owner: PasswordOwner, password: string, field: PasswordField): Promise<PreparedPassword>;
  /** Gives a person a prepared password in the place of one they may have, in the caller's transaction; all their sessions but `exceptSessionId` end. */
  set(tx: Transaction, prepared: PreparedPassword, exceptSessionId?: string): Promise<void>;
}

const violation = (field: PasswordField) => ({
  violations: [{ field, description: 'is one of your last passwords: choose one that you have not had', reason: 'password.reused' }],
});

/** Changes the passwords of people, by themselves or for who proved it otherwise. */
export function createPasswordChanges({
  database,
  people,
  passwords,
  policy,
  security,
  attempts,
  history,
  onChanged,
}: PasswordChangesOptions): PasswordChanges {
  const requireNew = async (userId: string, password: string, field: PasswordField) => {
    if (history === 0) return;
    const [current, retired] = [await findPasswordHash(database, userId), await findRetiredHashes(database, userId, history - 1)];
    // what was hashed with a pepper that is gone since keeps nobody from choosing another password
    const hashes = [current, ...retired].filter((hash) => hash !== undefined && passwords.canVerify(hash));
    for (const hash of hashes) if (await passwords.verify(password, hash, userId)) throw passwordReused(violation(field));
  };
  const prepare: PasswordChanges['prepare'] = async (userId, owner, password, field) => {
    await policy.requireGood(password, owner, field);
    await requireNew(userId, password, field);
    return { userId, passwordHash: await passwords.hash(password, userId), owner };
  };
  /** In the place of the hash that the row has, which is locked until the transaction ends. */
  const replace = async (tx: Transaction, { userId, passwordHash, owner }: PreparedPassword, old: string | undefined, exceptSessionId?: string) => {
    if (old !== undefined && history > 1) await retireHash(tx, userId, old, history - 1);
    await putPasswordHash(tx, userId, passwordHash);
    await revokeSessionsOf(tx, userId, exceptSessionId);
    // a first one is set by who was asked to
    if (old !== undefined) await onChanged?.(tx, userId, owner);
    tx.afterCommit(() => security.raise('password_changed', { userId }));
  };

  /** The hash of a person's password, where this is it. */
  const verify = async (userId: string, password: string): Promise<string> => {
    const hash = await findPasswordHash(database, userId);
    if (!(await passwords.verify(password, hash, userId)) || !hash) throw invalidCredentials();
    return hash;
  };
  const prove: PasswordChanges['prove'] = async ({ user }, { password, client, sessionId }) => {
    const attempt = await attempts.begin({ account: user.email, client, deviceId: sessionId });
    return asAttempt(attempt, () => verify(user.id, password), user.id);
  };
  return {
    async change(asked) {
      const { userId, sessionId, oldPassword, newPassword, client } = asked;
      const person = await people.findById(userId);
      if (!person) throw invalidCredentials();
      let proven = await prove(person, { password: oldPassword, client, sessionId });
      if (isSuspended(person)) throw accountSuspended();
      const prepared = await prepare(userId, person.user, newPassword, 'newPassword');
      const attempt = () =>
        database.transaction(async (tx) => {
          const current = await lockPasswordHash(tx, userId);
          if (current !== proven) return false;
          await replace(tx, prepared, current, sessionId);
          return true;
        });
      // replaced meanwhile: by a better hash of the same password, or by another password's, which the old one does not open any more
      while (!(await attempt())) proven = await verify(userId, oldPassword);
    },
    prove,
    prepare,
    set: async (tx, prepared, exceptSessionId) => replace(tx, prepared, await lockPasswordHash(tx, prepared.userId), exceptSessionId),
  };
}
