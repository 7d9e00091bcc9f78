import { unavailable } from '@gatehouse/contracts/api';
import { hash, type Options, parseOptions, verify } from '@node-rs/argon2';
import { availableParallelism } from 'node:os';
import { isForeignHash, verifyForeignHash } from '../accounts/foreign-hashes/stored-hash';
import { type Pepper, pepperIdOf, withPepperId } from './peppers';
import { createTurns, type Ticket, type TurnsObserver } from '../turns';

export interface Passwords {
  /** Refuses at once who would be refused later: a flood costs next to nothing that way. @throws overloaded as `hash` */
  admit(account: string): void;
  /**
   * Hashes a password; `account` is whose it is, as the caller says.
   * @throws overloaded when too many are waiting, or it would not be done in time; the signal's reason when it aborts before the turn comes
   */
  hash(password: string, account?: string): Promise<string>;
  /**
   * Whether it is the password of the hash. Without a hash it takes as long and is false, so that time tells nothing; a hash that costs less than
   * ours is judged beside one of ours.
   * @throws unavailable where the hash was made with a pepper that is not here; else as `hash`
   */
  verify(password: string, passwordHash: string | undefined, account?: string): Promise<boolean>;
  /** Whether the hash was made with less than now, or with another pepper. */
  isOld(passwordHash: string): boolean;
  /** Whether the pepper of the hash is here. */
  canVerify(passwordHash: string): boolean;
}

export interface PasswordsOptions {
  /** KiB, and how often they are gone over; OWASP's second choice for argon2id by default. */
  memoryKib?: number;
  passes?: number;
  /** The first is for new hashes. */
  peppers?: readonly Pepper[];
  /** Of libuv, which has names and files to look up besides: one of them stays free, and so does a core, but while a hash is judged beside one of ours. */
  threads?: number;
  maxWaiting?: number;
  /** Of the call in progress: nobody waits for the turn of a caller who has gone, or would be gone. */
  caller?: () => Pick<Ticket, 'signal' | 'deadline'> | undefined;
  observer?: TurnsObserver;
}

/** Hashes passwords with argon2id, a bounded number at a time; more than can be done soon are refused at once. */
export function createPasswords({
  memoryKib = 19_456,
  passes = 2,
  peppers = [],
  threads = 4,
  maxWaiting = 100,
  caller = () => undefined,
  observer,
}: PasswordsOptions = {}): Passwords {
  const [pepper] = peppers;
  const concurrency = Math.max(1, Math.min(availableParallelism(), threads) - 1);
  const inTurn = createTurns({ concurrency, maxWaiting, maxWaitingOfOne: Math.ceil(maxWaiting / 4), observer });
  const parameters: Options = { memoryCost: memoryKib, timeCost: passes, parallelism: 1 };

  const hashNow = async (password: string) => {
    const made = await hash(normalize(password), { ...parameters, secret: pepper?.key });
    return pepper ? withPepperId(made, pepper) : made;
  };
  const verifyNow = async (password: string, passwordHash: string) => {
    const id = pepperIdOf(passwordHash);
    const used = peppers.find((each) => each.id === id);
    // no wrong password: whoever forgot the key has to hear of it, and nobody counts an attempt
    if (id !== undefined && !used)
      throw unavailable({ cause: new Error(`a password was hashed with the pepper ${id}, which AUTH_PASSWORD_PEPPERS does not have`) });
    return verify(passwordHash, normalize(password), { secret: used?.key });
  };
  const isOfNow = (passwordHash: string) => {
    if (!passwordHash.startsWith('$argon2id$v=19$')) return false;
    const { memoryCost, timeCost, parallelism } = parseOptions(passwordHash);
    return memoryCost >= memoryKib && timeCost >= passes && parallelism === 1;
  };
  const ticketOf = (account: string | undefined): Ticket => {
    const { signal, deadline } = caller() ?? {};
    return { signal, deadline, key: account };
  };

  const decoy = hashNow('the password of nobody');
  decoy.catch(() => {}); // told to whoever asks for it
  const canVerify = (passwordHash: string) => [undefined, ...peppers.map(({ id }) => id)].includes(pepperIdOf(passwordHash));
  return {
    admit: (account) => inTurn.admit(ticketOf(account)),
    hash: (password, account) => inTurn(() => hashNow(password), ticketOf(account)),
    verify: (password, passwordHash = '', account) => {
      const isBeside = passwordHash !== '' && !isOfNow(passwordHash);
      return inTurn(
        async () => {
          if (!isBeside) return (await verifyNow(password, passwordHash || (await decoy))) && passwordHash !== '';
          // who made a foreign one may have hashed what was typed as it was
          const judged = isForeignHash(passwordHash)
            ? verifyForeignHash(passwordHash, new Set([password, normalize(password)]))
            : verifyNow(password, passwordHash);
          judged.catch(() => {}); // told once both are done
          await verifyNow(password, await decoy);
          return judged;
        },
        { ...ticketOf(account), places: isBeside ? 2 : 1 },
      );
    },
    isOld: (passwordHash) => !isOfNow(passwordHash) || pepperIdOf(passwordHash) !== pepper?.id,
    canVerify,
  };
}

// the same text typed on another keyboard is the same password: spaces of every kind are one, in NFC (RFC 8265 §4.2.1, OpaqueString)
const normalize = (password: string): string => password.replace(/\p{Zs}/gu, ' ').normalize('NFC');
