import { hash, type Options, verify } from '@node-rs/argon2';
import { availableParallelism } from 'node:os';
import { createTurns, type TurnsObserver } from './turns';

// OWASP's second choice for argon2id: 19 MiB, two passes, one lane
const parameters: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const current = `$argon2id$v=19$m=${parameters.memoryCost},t=${parameters.timeCost},p=${parameters.parallelism}$`;

// a core and one of libuv's four threads stay free: name look-ups and files need the same threads
const defaultConcurrency = Math.max(1, Math.min(availableParallelism() - 1, 3));

export interface Passwords {
  /** @throws overloaded when too many are waiting, the signal's reason when it aborts before the turn comes */
  hash(password: string): Promise<string>;
  /** Whether it is the password of the hash. Without a hash it takes as long and is false, so that time tells nothing. Throws as `hash`. */
  verify(password: string, passwordHash: string | undefined): Promise<boolean>;
  /** Whether the hash was made with parameters that are no longer ours. */
  isOld(passwordHash: string): boolean;
}

export interface PasswordsOptions {
  /** Hashes at the same time: each takes a core and 19 MiB. */
  concurrency?: number;
  maxWaiting?: number;
  /** Of the call in progress: nobody waits for the turn of a caller who has gone. */
  signal?: () => AbortSignal | undefined;
  observer?: TurnsObserver;
}

/** Hashes passwords with argon2id, a bounded number at a time; more than can be done soon are refused at once. */
export function createPasswords({ concurrency = defaultConcurrency, maxWaiting = 100, signal = () => undefined, observer }: PasswordsOptions = {}): Passwords {
  const inTurn = createTurns(concurrency, maxWaiting, observer);
  const decoy = hash('the password of nobody', parameters);
  decoy.catch(() => {}); // told to whoever asks for it
  return {
    hash: (password) => inTurn(() => hash(normalize(password), parameters), signal()),
    verify: (password, passwordHash) =>
      inTurn(async () => (await verify(passwordHash ?? (await decoy), normalize(password))) && passwordHash !== undefined, signal()),
    isOld: (passwordHash) => !passwordHash.startsWith(current),
  };
}

// the same text typed on another keyboard is the same password: spaces of every kind are one, in NFC (RFC 8265 §4.2.1, OpaqueString)
const normalize = (password: string): string => password.replace(/\p{Zs}/gu, ' ').normalize('NFC');
