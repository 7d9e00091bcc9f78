import { hash, type Options, verify } from '@node-rs/argon2';
import { overloaded } from '@gatehouse/contracts/api';
import { availableParallelism } from 'node:os';

// OWASP's second choice for argon2id: 19 MiB, two passes, one lane
const parameters: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const current = `$argon2id$v=19$m=${parameters.memoryCost},t=${parameters.timeCost},p=${parameters.parallelism}$`;

export interface Passwords {
  /** @throws overloaded when too many are waiting */
  hash(password: string): Promise<string>;
  /** Whether it is the password of the hash. Without a hash it takes as long and is false, so that time tells nothing. @throws overloaded */
  verify(password: string, passwordHash: string | undefined): Promise<boolean>;
  /** Whether the hash was made with parameters that are no longer ours. */
  isOld(passwordHash: string): boolean;
  /** Hashes waiting for their turn. */
  waiting(): number;
}

export interface PasswordsOptions {
  /** Hashes at the same time: each takes a core and 19 MiB. */
  concurrency?: number;
  maxWaiting?: number;
}

/** Hashes passwords with argon2id, a bounded number at a time; more than can be done soon are refused at once. */
export function createPasswords({ concurrency = Math.max(1, availableParallelism() - 1), maxWaiting = 100 }: PasswordsOptions = {}): Passwords {
  const queue: (() => void)[] = [];
  let running = 0;
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= concurrency) {
      if (queue.length >= maxWaiting) throw overloaded({ retryDelayMs: 1_000 });
      await new Promise<void>((resolve) => queue.push(resolve));
    } else running++;
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else running--;
    }
  };
  const decoy = hash('the password of nobody', parameters);
  decoy.catch(() => {}); // told to whoever asks for it
  return {
    hash: (password) => inTurn(() => hash(normalize(password), parameters)),
    verify: (password, passwordHash) => inTurn(async () => (await verify(passwordHash ?? (await decoy), normalize(password))) && passwordHash !== undefined),
    isOld: (passwordHash) => !passwordHash.startsWith(current),
    waiting: () => queue.length,
  };
}

// the same text typed on another keyboard is the same password (RFC 8265 §4.2)
const normalize = (password: string): string => password.normalize('NFC');
