import type { ClientInfo } from '@gatehouse/access';
import { accountSuspended, emailNotVerified, invalidCredentials, type LoginRequest, type LoginResponse } from '@gatehouse/contracts/auth';
import type { Database } from '@gatehouse/postgres';
import { randomUUID } from 'node:crypto';
import { toAccount } from './attempts/attempt-keys';
import { type Attempt, type Attempts, isUnjudged } from './attempts/attempts';
import type { Language } from './mail/languages';
import { isSuspended, type People, type Person } from './people';
import type { Entrance } from './factors/entrance';
import type { Codes } from './codes/codes';
import type { Passwords } from './passwords/passwords';
import { findPasswordHash, holdEntrant } from './postgres/credential-repository';
import { type Devices, newDeviceId } from './sessions/devices';
import type { Entry } from './sessions/entry';

export interface LoginOptions {
  database: Database;
  people: People;
  passwords: Passwords;
  entrance: Entrance;
  devices: Devices;
  attempts: Pick<Attempts, 'begin' | 'mayMail'>;
  codes: Pick<Codes, 'request'>;
  /** Whether nobody enters whose email is not verified. */
  isVerificationRequired: boolean;
}

type Credentials = Pick<LoginRequest, 'email' | 'password' | 'deviceToken' | 'captchaToken'>;

/** Who calls, and what they read. */
export interface Caller {
  readonly client: ClientInfo;
  readonly language?: Language;
}

/** @throws invalidCredentials; accountSuspended and emailNotVerified, once the password is known to be right; as Attempts.begin, before it is looked at */
export type Login = (request: Credentials, caller: Caller) => Promise<LoginResponse>;

// asked for in the place of a person who is not there, so that both take the same steps
const nobodysId = '00000000-0000-0000-0000-000000000000';

/** A person, and the device on which they have logged in before. */
interface KnownDevice {
  readonly person: Person;
  readonly deviceId: string;
}

/** Opens a session for who knows the password, or half of one for who has a second factor. An unknown email and a wrong password take the same time and get the same answer. */
export function createLogin({ database, people, passwords, entrance, devices, attempts, codes, isVerificationRequired }: LoginOptions): Login {
  // asked by the token's own id: how long that takes tells nothing of who has the email
  const findKnownDevice = async ({ email, deviceToken }: Credentials): Promise<KnownDevice | undefined> => {
    const opened = devices.open(deviceToken);
    const person = opened && (await people.findById(opened.userId));
    return person && toAccount(person.user.email) === toAccount(email) ? { person, deviceId: opened.deviceId } : undefined;
  };

  const enter = async (request: Credentials, caller: Caller, known: KnownDevice | undefined, attempt: Attempt): Promise<LoginResponse> => {
    const { email, password } = request;
    const { client, language } = caller;
    const person = known?.person ?? (await people.findByEmail(email));
    const hash = await findPasswordHash(database, person?.user.id ?? nobodysId);
    const isRight = await passwords.verify(password, hash, toAccount(email));
    if (!person || !hash || !isRight) {
      attempt.failed(person?.user.id);
      throw invalidCredentials();
    }
    if (isSuspended(person)) {
      await attempt.withdrawn();
      throw accountSuspended();
    }
    if (isVerificationRequired && !person.user.emailVerified) {
      await attempt.withdrawn();
      const mayMail = await attempts.mayMail({ account: email, client, purpose: 'verify_email' });
      const id = randomUUID();
      if (mayMail) await codes.request(database, { id, purpose: 'verify_email', userId: person.user.id, data: { email: person.user.email, language } });
      throw emailNotVerified({ verification_id: id });
    }

    const { id } = person.user;
    const entry: Entry = { client, deviceId: known?.deviceId ?? newDeviceId(), isDeviceKnown: known !== undefined, methods: ['pwd'] };
    const better = passwords.isOld(hash) ? await passwords.hash(password) : undefined;
    const entered = await database.transaction(async (tx) => {
      const held = await holdEntrant(tx, id, hash, better);
      return held && entrance.enter(tx, person, entry, held);
    });
    // replaced while it was verified, by a better hash of the same password, or by another password's; or a second factor was added
    if (!entered) return enter(request, caller, known, attempt);
    const answer = await entrance.toAnswer(entered, person);
    // who has the password alone has not proved who they are: guesses of the code go on counting
    if (answer.loginToken) await attempt.withdrawn();
    else await attempt.succeeded();
    return answer;
  };

  return async (request, caller) => {
    // before anything is asked for that costs more
    passwords.admit(toAccount(request.email));
    const known = await findKnownDevice(request);
    const attempt = await attempts.begin({ account: request.email, client: caller.client, deviceId: known?.deviceId, captchaToken: request.captchaToken });
    try {
      return await enter(request, caller, known, attempt);
    } catch (error) {
      if (isUnjudged(error)) await attempt.withdrawn();
      throw error;
    }
  };
}
