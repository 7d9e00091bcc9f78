import type { ClientInfo } from '@gatehouse/access';
import { accountSuspended, refreshTokenInvalid } from '@gatehouse/contracts/auth';
import type { Database, Queryable, Transaction } from '@gatehouse/postgres';
import { v7 as uuidv7 } from 'uuid';
import type { Devices } from './devices';
import type { Entry } from './entry';
import type { AccessTokens } from '../tokens/access-tokens';
import { isSuspended, type People, type Person } from '../people';
import { holdPerson } from '../postgres/known-people-repository';
import { revokeSession, revokeSessionOfToken } from '../postgres/session-end-repository';
import * as repository from '../postgres/session-repository';
import type { SecurityEvents } from '../security-events';
import { makeRefreshToken, sealSuccessor, toTokenHash, unsealSuccessor } from './refresh-token';
import type { Sightings } from './sightings';

export interface SessionsOptions {
  database: Database;
  people: People;
  accessTokens: AccessTokens;
  /** Is told who gets tokens. */
  sightings: Pick<Sightings, 'note'>;
  security: SecurityEvents;
  devices: Devices;
  /** Has the person told that somebody logged in on a device that is not known, in the transaction in which they do. */
  tellNewDevice: (tx: Queryable, user: Person['user'], client: ClientInfo) => Promise<void>;
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

/** What a session gives at its beginning. */
export interface FirstTokens extends Tokens {
  readonly deviceToken: string;
}

/** A session that is open, before its access token is signed. */
export interface OpenSession extends repository.SessionTerms {
  readonly id: string;
  readonly refreshToken: string;
  readonly deviceId: string;
}

export interface Sessions {
  /**
   * Opens a session, in the caller's transaction, on the word of `user` that the person may enter.
   * @throws accountSuspended when it is known by now that this was changed since
   */
  open(tx: Transaction, person: Person, entry: Entry): Promise<OpenSession>;
  /**
   * The same for who has shown nothing but a password, whom the transaction holds already (`holdPerson`); undefined where they have a second
   * factor by now.
   */
  openByPassword(tx: Transaction, person: Person, entry: Entry): Promise<OpenSession | undefined>;
  toTokens(session: OpenSession, person: Person): Promise<FirstTokens>;
  /** Trades a refresh token for its one successor. @throws refreshTokenInvalid, accountSuspended */
  refresh(presented: string, client: ClientInfo): Promise<Tokens>;
  /** Ends the session of a token; one that is unknown or ended already is no error. */
  end(presented: string): Promise<void>;
}

/** What a session goes on with. */
type Rotated = Omit<OpenSession, 'id' | 'deviceId'>;

/**
 * Whether somebody who was here before comes on a device that nobody has told us of. Old sessions are removed, when they were seen is not.
 * A program that keeps no device token is the same device for a day, so that one which logs in again and again sends no mail each time.
 */
const isOnNewDevice = ({ lastSeenTime }: Person['user'], { isDeviceKnown }: Entry, { isLater, isAlike }: repository.AddedSession): boolean =>
  !isDeviceKnown && !isAlike && (isLater || lastSeenTime !== undefined);

export function createSessions({ database, people, accessTokens, sightings, security, devices, tellNewDevice, lifetimes }: SessionsOptions): Sessions {
  const makeToken = () => {
    const token = makeRefreshToken();
    return { token, stored: { hash: toTokenHash(token), lifetimeSeconds: lifetimes.refreshToken } };
  };

  // whoever presents it now is late or a thief; both hold a token of this session, so it ends (RFC 9700 §4.14.2)
  const isReuse = (token: repository.PresentedToken) => token.isUsed && !(token.isInReplayWindow && token.sealedSuccessor);
  const endStolen = async (tx: Transaction, { sessionId, userId }: repository.PresentedToken) => {
    await revokeSession(tx, sessionId);
    tx.afterCommit(() => security.raise('refresh_token_reused', { userId, sessionId }));
  };

  /**
   * The successor of a token, judged as it was when it arrived; undefined, with the session revoked, when it was used too long
   * ago. Where the successor was traded meanwhile, the last one: an older one would soon count as reuse.
   */
  const rotate = async (tx: Transaction, presented: string, arrived: repository.PresentedToken, client: ClientInfo): Promise<Rotated | undefined> => {
    const hash = toTokenHash(presented);
    const locked = await repository.lockPresentedToken(tx, hash, lifetimes.replay);
    const token =
      locked && (arrived.isUsed ? { ...locked, isUsed: true, isInReplayWindow: arrived.isInReplayWindow, sealedSuccessor: arrived.sealedSuccessor } : locked);
    if (!token?.isSessionAlive) return undefined;
    if (isReuse(token)) {
      await endStolen(tx, token);
      return undefined;
    }
    const { proof, endTime } = token;
    if (token.isUsed) {
      const last = await findLast(tx, unsealSuccessor(presented, token.sealedSuccessor!));
      return last === undefined ? undefined : { refreshToken: last, proof, endTime };
    }
    if (token.isExpired) return undefined;
    const successor = makeToken();
    await repository.replaceRefreshToken(tx, hash, { ...successor.stored, sealed: sealSuccessor(presented, successor.token) }, client);
    return { refreshToken: successor.token, proof, endTime };
  };

  /** Undefined where the last is known to nobody any more: one that was used would count as reuse. */
  const findLast = async (tx: Queryable, token: string): Promise<string | undefined> => {
    const found = await repository.findPresentedToken(tx, toTokenHash(token), lifetimes.replay);
    if (!found?.isUsed) return token;
    return found.sealedSuccessor ? findLast(tx, unsealSuccessor(token, found.sealedSuccessor)) : undefined;
  };

  const toTokens = async (session: Omit<OpenSession, 'deviceId'>, { user, permissions, askTime }: Person): Promise<Tokens> => {
    const { accessToken, expiresIn } = await accessTokens.sign({
      userId: user.id,
      sessionId: session.id,
      permissions,
      roleIds: user.roleIds,
      askTime,
      proof: session.proof,
      endTime: session.endTime,
    });
    sightings.note(user.id);
    return { accessToken, refreshToken: session.refreshToken, tokenType: 'Bearer', expiresIn };
  };

  const add = async (tx: Transaction, { user }: Person, entry: Entry, isUnlessFactor: boolean): Promise<OpenSession | undefined> => {
    const { id: userId, revision } = user;
    const id = uuidv7();
    const { token, stored } = makeToken();
    const added = await repository.insertSession(tx, {
      id,
      userId,
      personRevision: revision,
      entry,
      lifetimeSeconds: lifetimes.session,
      refreshToken: stored,
      isUnlessFactor,
    });
    if (added === 'factor_missing') return undefined;
    if (added === 'ended') throw accountSuspended();
    if (isOnNewDevice(user, entry, added)) {
      tx.afterCommit(() => security.raise('new_device_login', { userId, sessionId: id }));
      await tellNewDevice(tx, user, entry.client);
    }
    return { id, refreshToken: token, deviceId: entry.deviceId, proof: added.proof, endTime: added.endTime };
  };

  return {
    async open(tx, person, entry) {
      await holdPerson(tx, person.user.id);
      return (await add(tx, person, entry, false))!;
    },
    openByPassword: (tx, person, entry) => add(tx, person, entry, true),
    toTokens: async (session, person) => ({ ...(await toTokens(session, person)), deviceToken: devices.toToken(person.user.id, session.deviceId) }),
    async refresh(presented, client) {
      const token = await repository.findPresentedToken(database, toTokenHash(presented), lifetimes.replay);
      if (!token?.isSessionAlive) throw refreshTokenInvalid();
      // whether `user` can be asked or not
      if (isReuse(token)) await database.transaction((tx) => endStolen(tx, token));
      if (isReuse(token) || (token.isExpired && !token.isUsed)) throw refreshTokenInvalid();
      // asked before the transaction: no lock waits for another service
      const person = await people.findById(token.userId);
      if (!person) throw refreshTokenInvalid();
      if (isSuspended(person)) throw accountSuspended();
      const rotated = await database.transaction((tx) => rotate(tx, presented, token, client));
      if (!rotated) throw refreshTokenInvalid();
      return toTokens({ id: token.sessionId, ...rotated }, person);
    },
    end: (presented) => revokeSessionOfToken(database, toTokenHash(presented)),
  };
}
