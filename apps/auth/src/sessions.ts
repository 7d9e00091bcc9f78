import { accountSuspended, refreshTokenInvalid } from '@gatehouse/contracts/auth';
import type { Database, Queryable } from '@gatehouse/postgres';
import { v7 as uuidv7 } from 'uuid';
import type { AccessTokens } from './access-tokens';
import { isSuspended, type People, type Person } from './people';
import { holdPerson } from './postgres/known-people-repository';
import * as repository from './postgres/session-repository';
import { makeRefreshToken, sealSuccessor, toTokenHash, unsealSuccessor } from './refresh-token';
import type { Sightings } from './sightings';

export interface SessionsOptions {
  database: Database;
  people: People;
  accessTokens: AccessTokens;
  /** Is told who gets tokens. */
  sightings: Pick<Sightings, 'note'>;
  /** How long a refresh token waits to be used, a session lasts, and a used token gives its successor again. Seconds. */
  lifetimes: { refreshToken: number; session: number; replay: number };
}

/** What a session gives its person: the fields that every answer with tokens has. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly tokenType: string;
  readonly expiresIn: number;
}

/** A session that is open, before its access token is signed. */
export interface OpenSession {
  readonly id: string;
  readonly refreshToken: string;
}

export interface Sessions {
  /**
   * Opens a session, in the caller's transaction, on the word of `user` that the person may enter.
   * @throws accountSuspended when it is known by now that this was changed since
   */
  open(tx: Queryable, person: Person): Promise<OpenSession>;
  toTokens(session: OpenSession, person: Person): Promise<Tokens>;
  /** Trades a refresh token for its one successor. @throws refreshTokenInvalid, accountSuspended */
  refresh(presented: string): Promise<Tokens>;
  /** Ends the session of a token; one that is unknown or ended already is no error. */
  end(presented: string): Promise<void>;
}

export function createSessions({ database, people, accessTokens, sightings, lifetimes }: SessionsOptions): Sessions {
  const addToken = async (tx: Queryable, sessionId: string): Promise<string> => {
    const token = makeRefreshToken();
    await repository.insertRefreshToken(tx, { hash: toTokenHash(token), sessionId, lifetimeSeconds: lifetimes.refreshToken });
    return token;
  };

  // whoever presents it now is late or a thief; both hold a token of this session, so it ends (RFC 9700 §4.14.2)
  const isReuse = (token: repository.PresentedToken) => token.isUsed && !(token.isInReplayWindow && token.sealedSuccessor);

  /**
   * The successor of a token, judged as it was when it arrived; undefined, with the session revoked, when it was used too long
   * ago. Where the successor was traded meanwhile, the last one: an older one would soon count as reuse.
   */
  const rotate = async (tx: Queryable, presented: string, arrived: repository.PresentedToken): Promise<string | undefined> => {
    const hash = toTokenHash(presented);
    const locked = await repository.lockPresentedToken(tx, hash, lifetimes.replay);
    const token = locked && (arrived.isUsed ? { ...arrived, isSessionAlive: locked.isSessionAlive } : locked);
    if (!token?.isSessionAlive) return undefined;
    if (isReuse(token)) {
      await repository.revokeSession(tx, token.sessionId);
      return undefined;
    }
    if (token.isUsed) return findLast(tx, unsealSuccessor(presented, token.sealedSuccessor!));
    if (token.isExpired) return undefined;
    const successor = await addToken(tx, token.sessionId);
    await repository.markUsed(tx, hash, sealSuccessor(presented, successor));
    return successor;
  };

  const findLast = async (tx: Queryable, token: string): Promise<string> => {
    const found = await repository.findPresentedToken(tx, toTokenHash(token), lifetimes.replay);
    return found?.isUsed && found.sealedSuccessor ? findLast(tx, unsealSuccessor(token, found.sealedSuccessor)) : token;
  };

  const toTokens = async (session: OpenSession, { user, permissions }: Person): Promise<Tokens> => {
    const accessToken = await accessTokens.sign({ userId: user.id, sessionId: session.id, permissions });
    sightings.note(user.id);
    return { accessToken, refreshToken: session.refreshToken, tokenType: 'Bearer', expiresIn: accessTokens.lifetimeSeconds };
  };

  return {
    async open(tx, { user: { id: userId, revision } }) {
      const id = uuidv7();
      await holdPerson(tx, userId);
      if (!(await repository.insertSession(tx, { id, userId, personRevision: revision, lifetimeSeconds: lifetimes.session }))) throw accountSuspended();
      return { id, refreshToken: await addToken(tx, id) };
    },
    toTokens,
    async refresh(presented) {
      const token = await repository.findPresentedToken(database, toTokenHash(presented), lifetimes.replay);
      if (!token?.isSessionAlive) throw refreshTokenInvalid();
      // whether `user` can be asked or not
      if (isReuse(token)) await repository.revokeSession(database, token.sessionId);
      if (isReuse(token) || (token.isExpired && !token.isUsed)) throw refreshTokenInvalid();
      // asked before the transaction: no lock waits for another service
      const person = await people.findById(token.userId);
      if (!person) throw refreshTokenInvalid();
      if (isSuspended(person)) throw accountSuspended();
      const successor = await database.transaction((tx) => rotate(tx, presented, token));
      if (!successor) throw refreshTokenInvalid();
      return toTokens({ id: token.sessionId, refreshToken: successor }, person);
    },
    end: (presented) => repository.revokeSessionOfToken(database, toTokenHash(presented)),
  };
}
