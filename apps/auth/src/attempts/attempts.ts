import type { ClientInfo } from '@gatehouse/access';
import { captchaRequired, captchaUnavailable, tooManyAttempts } from '@gatehouse/contracts/auth';
import { isAppError } from '@gatehouse/errors';
import type { SecurityEvents } from '../security-events';
import { toAccount, type ToAttemptKey, toClientNetwork, toWideNetwork } from './attempt-keys';
import type { AttemptEvents } from './attempt-events';
import type { AttemptStore, Reservation } from './attempt-store';
import type { Captcha, CaptchaVerdict } from './captcha';
import type { Flood } from './flood';
import type { LimitName, Policies } from './settings';

/** Who tries, from where. */
export interface AttemptSubject {
  /** Email of the account, in any spelling, whether there is one or not. */
  readonly account: string;
  readonly client: ClientInfo;
  /** Of a device on which this very person has logged in before, by a device token that was opened. */
  readonly deviceId?: string;
  /** What the widget of a CAPTCHA gave. */
  readonly captchaToken?: string;
}

/** An attempt that was let in. It counts as a failure until it is told otherwise; the first that it is told counts. */
export interface Attempt {
  /** The guess was wrong. @param userId of the account, where there is one */
  failed(userId?: string): void;
  /** The last proof that was asked for was right: the failures before it are forgotten, of the known device or of the account. */
  succeeded(): Promise<void>;
  /** Nothing was guessed, or it was right and another proof is still to come: takes back this attempt alone. */
  withdrawn(): Promise<void>;
}

/** Limits how often anybody may try to prove who they are. Every factor of an account has the same count. */
export interface Attempts {
  /**
   * To be called before anything is judged, and before it is looked up whether there is such an account.
   * @throws tooManyAttempts, captchaRequired, captchaUnavailable
   */
  begin(subject: AttemptSubject): Promise<Attempt>;
  /**
   * To be called before something is judged that names no account, such as a code that was mailed: what fails counts for the address, with
   * its other failures, and for nobody else. @throws tooManyAttempts
   */
  beginForAddress(client: ClientInfo): Promise<Attempt>;
  /** Each sign-up counts, unless it is withdrawn. Throws as `begin`. */
  beginSignUp(subject: Pick<AttemptSubject, 'client' | 'captchaToken'>): Promise<Attempt>;
  /** Whether a mail may go to an email that somebody typed; they are not told. Each purpose has a count of its own: with mails of another one nobody keeps a person from recovery. */
  mayMail(subject: Pick<AttemptSubject, 'account' | 'client'> & { readonly purpose: string }): Promise<boolean>;
}

/** Whether an attempt that ended so guessed nothing, and may be withdrawn. One whose caller gave up, by a deadline say, may have guessed. */
export const isUnjudged = (error: unknown): boolean => isAppError(error) && (error.code === 'UNAVAILABLE' || error.reason === 'OVERLOADED');

/** Does what a right guess brings about, as an attempt that was let in: a failure of it counts, unless nothing was guessed. Throws as `work`. @param userId of the account, where there is one */
export async function asAttempt<T>(attempt: Attempt, work: () => Promise<T>, userId?: string): Promise<T> {
  try {
    const done = await work();
    await attempt.succeeded();
    return done;
  } catch (error) {
    if (isUnjudged(error)) await attempt.withdrawn();
    else attempt.failed(userId);
    throw error;
  }
}

export interface AttemptsOptions {
  store: AttemptStore;
  toKey: ToAttemptKey;
  policies: Policies;
  flood: Flood;
  captcha?: Captcha;
  events: AttemptEvents;
  security: SecurityEvents;
  /** Told of what could not be counted back. */
  onError: (error: unknown) => void;
}

interface Counted extends Reservation {
  readonly limit: LimitName;
}

interface Reserved {
  readonly counted: readonly Counted[];
  readonly refused: readonly LimitName[];
  /** How long none is let in; 0 where this one was. Milliseconds. */
  readonly delayMs: number;
}

// Those that others had sent from elsewhere keep nobody from theirs. Whether what is asked for is there makes no difference to it.
const servesAskerAlone: ReadonlySet<string> = new Set(['sign_up', 'resent_sign_up']);

const isEvery = (limits: readonly LimitName[], limit: LimitName) => limits.length > 0 && limits.every((each) => each === limit);

export function createAttempts({ store, toKey, policies, flood, captcha, events, security, onError }: AttemptsOptions): Attempts {
  const settle = async (counted: readonly Counted[], cleared: readonly LimitName[] = []) => {
    const settlements = counted.map(({ key, countedMs, limit }) => ({ key, countedMs, isCleared: cleared.includes(limit) }));
    // one count too many hurts less than an answer that is lost
    if (settlements.length) await store.settle(settlements).catch(onError);
  };

  /** Counts under all keys or, where one refuses, under none. */
  const reserve = async (keys: Partial<Record<LimitName, Buffer>>, isDearer = false): Promise<Reserved> => {
    const limits = Object.keys(keys) as LimitName[];
    const toPolicy = (limit: LimitName) => (isDearer && limit === 'account' ? { ...policies[limit], free: 1 } : policies[limit]);
    const reservations = await store.reserve(limits.map((limit) => ({ key: keys[limit]!, policy: toPolicy(limit) })));
    const all = reservations.map((reservation, index) => ({ ...reservation, limit: limits[index]! }));
    const refused = all.filter(({ isAdmitted }) => !isAdmitted);
    if (!refused.length) {
      for (const { limit } of all) events.attempt(limit, 'admitted');
      return { counted: all, refused: [], delayMs: 0 };
    }
    for (const { limit } of refused) events.attempt(limit, 'refused');
    await settle(all.filter(({ isAdmitted }) => isAdmitted));
    return { counted: [], refused: refused.map(({ limit }) => limit), delayMs: Math.max(1, ...refused.map(({ delayMs }) => delayMs)) };
  };

  const requireAdmitted = ({ counted, delayMs }: Reserved): readonly Counted[] => {
    if (!delayMs) return counted;
    throw tooManyAttempts({ retryDelayMs: delayMs, quotas: [{ subject: 'attempts', description: 'those that may be made for now are made' }] });
  };
  const admit = async (...parameters: Parameters<typeof reserve>) => requireAdmitted(await reserve(...parameters));

  // half of what an address may do for nothing
  const isNear = async (limit: LimitName, key: Buffer) => (await store.count(key, 0, policies[limit].forgetMs)) * 2 >= policies[limit].free;
  const toAttempt = (counted: readonly Counted[], cleared: readonly LimitName[]): Attempt => {
    let isTold = false;
    const once = async (tell: () => Promise<void> | void) => {
      if (isTold) return;
      isTold = true;
      await tell();
    };
    return {
      failed: (userId) =>
        void once(() => {
          flood.failed();
          for (const { limit, delayMs } of counted) {
            events.attempt(limit, 'failed');
            if (!delayMs) continue;
            if (limit === 'account' || limit === 'device' || limit === 'devices') security.raise('account_throttled', { userId });
            else security.raise('address_throttled');
          }
        }),
      succeeded: () => once(() => settle(counted, cleared)),
      withdrawn: () => once(() => settle(counted)),
    };
  };

  const toAddressKeys = ({ address }: ClientInfo) => ({
    address: toKey('address', toClientNetwork(address)),
    network: toKey('network', toWideNetwork(address)),
  });

  /** As a failure of the address until it is judged otherwise, so that nobody has very many verified. */
  const verifyCaptcha = async (verifier: Captcha, token: string, client: ClientInfo): Promise<CaptchaVerdict> => {
    const attempt = toAttempt(await admit(toAddressKeys(client)), []);
    try {
      const verdict = await verifier.verify(token, client.address);
      if (verdict === 'refused') attempt.failed();
      else await attempt.withdrawn();
      return verdict;
    } catch (error) {
      await attempt.withdrawn();
      throw error;
    }
  };
  /** Gives whether a CAPTCHA keeps robots out: not where there is none, or it could not be verified. */
  const demandCaptcha = async (limit: LimitName, key: Buffer, { client, captchaToken }: Pick<AttemptSubject, 'client' | 'captchaToken'>): Promise<boolean> => {
    if (!captcha) return false;
    if (!flood.isOn && !(await isNear(limit, key))) return true;
    const verdict = captchaToken ? await verifyCaptcha(captcha, captchaToken, client) : 'missing';
    events.captcha(verdict);
    if (verdict === 'passed') return true;
    if (verdict === 'unanswered' && captcha.isFailOpen) return false;
    if (verdict === 'unanswered') throw captchaUnavailable({ retryDelayMs: 1_000 });
    if (verdict === 'refused') security.raise('captcha_refused');
    throw captchaRequired({ site_key: captcha.siteKey });
  };

  return {
    async begin(subject) {
      const account = toAccount(subject.account);
      // who stands before the door is no concern of theirs: others count for the account and the address, not for the device
      if (subject.deviceId !== undefined) {
        const reserved = await reserve({ device: toKey('device', account, subject.deviceId), devices: toKey('devices', account) });
        // who had the password once may have gathered tokens of as many devices as they like: together they are soon strangers
        if (!isEvery(reserved.refused, 'devices')) return toAttempt(requireAdmitted(reserved), ['device', 'devices']);
      }
      const { address, network } = toAddressKeys(subject.client);
      const keepsRobotsOut = await demandCaptcha('address', address, subject);
      return toAttempt(await admit({ account: toKey('account', account), address, network }, flood.isOn && !keepsRobotsOut), ['account']);
    },
    beginForAddress: async (client) => toAttempt(await admit(toAddressKeys(client)), []),
    async beginSignUp(subject) {
      const address = toKey('sign_up', toClientNetwork(subject.client.address));
      await demandCaptcha('sign_up', address, subject);
      return toAttempt(await admit({ sign_up: address }), []);
    },
    async mayMail({ account, client, purpose }) {
      const mailed = [toAccount(account), purpose] as const;
      const address = { address_mail: toKey('address_mail', toClientNetwork(client.address)) };
      const network = toWideNetwork(client.address);
      const keys = servesAskerAlone.has(purpose)
        ? { account_mail: toKey('account_mail', ...mailed, network), account_mails: toKey('account_mails', ...mailed), ...address }
        : { account_mail: toKey('account_mail', ...mailed), ...address };
      return (await reserve(keys)).delayMs === 0;
    },
  };
}
