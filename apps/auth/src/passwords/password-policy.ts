import { unavailable } from '@gatehouse/contracts/api';
import { passwordBreached, passwordTooWeak } from '@gatehouse/contracts/auth';
import type { IsBreached } from './breached-passwords';
import { loadPasswordStrength } from './password-strength';

/** Whose password it is to be: what an attacker would try first. */
export interface PasswordOwner {
  /** In which they are written to. */
  readonly locale?: string;
  readonly email: string;
  readonly displayName: string;
}

/** The field of the request that a violation names, in its JSON name. */
export type PasswordField = 'password' | 'newPassword';

export interface PasswordPolicyOptions {
  minLength: number;
  /** 0 to 4, of zxcvbn. */
  minStrength: number;
  /** What is easy to guess in this installation. */
  contextWords: readonly string[];
  isBreached?: IsBreached;
  /** Whether a password is refused while it cannot be known whether it is breached. */
  failsClosed: boolean;
}

/** What is wrong with a password: what says so, and how it is said of a field. */
interface Fault {
  readonly reason: 'PASSWORD_TOO_WEAK' | 'PASSWORD_BREACHED';
  readonly rule: string;
  readonly description: string;
}

export interface PasswordPolicy {
  /** What is wrong with a new password, as a sentence after "the password". @throws unavailable when that cannot be known, and has to be */
  findFault(password: string, owner: PasswordOwner): Promise<Fault | undefined>;
  /**
   * Judges a new password, before anything is looked up of the account. @throws passwordTooWeak or passwordBreached, with a violation of the field;
   * unavailable as `findFault`
   */
  requireGood(password: string, owner: PasswordOwner, field: PasswordField): Promise<void>;
}

const constructors = { PASSWORD_TOO_WEAK: passwordTooWeak, PASSWORD_BREACHED: passwordBreached };

/**
 * What a new password has to be: long enough, none that many use or that became known elsewhere, and hard to guess for who knows the
 * person. It may be made of whatever characters (OWASP ASVS 5.0 V6.2, NIST SP 800-63B §3.1.1).
 */
export function createPasswordPolicy({ minLength, minStrength, contextWords, isBreached, failsClosed }: PasswordPolicyOptions): PasswordPolicy {
  const isKnownElsewhere = async (password: string): Promise<boolean> => {
    try {
      return (await isBreached?.(password)) ?? false;
    } catch (cause) {
      if (failsClosed) throw unavailable({ cause });
      return false;
    }
  };
  const findFault: PasswordPolicy['findFault'] = async (password, owner) => {
    const length = [...password].length;
    if (length < minLength)
      return { reason: 'PASSWORD_TOO_WEAK', rule: 'password.min_length', description: `must have at least ${minLength} characters, not ${length}` };
    const strength = await loadPasswordStrength();
    if (strength.isCommon(password))
      return { reason: 'PASSWORD_BREACHED', rule: 'password.common', description: 'is one of those that are tried first: choose one that nobody else has' };
    const { score, weakness } =
      minStrength > 0 ? strength.estimate(password, [...contextWords, ...wordsOf(owner)]) : { score: minStrength, weakness: undefined };
    if (score < minStrength)
      return {
        reason: 'PASSWORD_TOO_WEAK',
        rule: 'password.strength',
        description: `is too easy to guess${weakness ? `: ${weakness}` : ''}; make it longer, say of several words that do not belong together`,
      };
    if (await isKnownElsewhere(password))
      return {
        reason: 'PASSWORD_BREACHED',
        rule: 'password.breached',
        description: 'became known in a breach of another service: choose one that nobody else has',
      };
    return undefined;
  };
  return {
    findFault,
    async requireGood(password, owner, field) {
      const fault = await findFault(password, owner);
      if (fault) throw constructors[fault.reason]({ violations: [{ field, description: fault.description, reason: fault.rule }] });
    },
  };
}

// more of them only cost time
const maxWords = 16;

/** The words of which people make passwords that others guess: their email and name, whole and in parts. */
const wordsOf = ({ email, displayName }: PasswordOwner): readonly string[] =>
  [email, displayName, ...email.split(/[@._+-]/), ...displayName.split(/\s+/)].filter((word) => word.length > 2).slice(0, maxWords);
