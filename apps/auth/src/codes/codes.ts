import { codeInvalid } from '@gatehouse/contracts/auth';
import type { Database, Queryable } from '@gatehouse/postgres';
import { randomUUID } from 'node:crypto';
import * as repository from '../postgres/code-repository';
import { createKeyRing, deriveKeys, type Secrets } from '../seal';
import {
  type CodeData,
  type CodePurpose,
  type CodeSecrets,
  isSameEmail,
  makeCodeSecrets,
  type Proof,
  toCodeHash,
  toEmailHash,
  toTokenHash,
} from './one-time-code';

/** How long codes of each purpose are valid. Seconds. */
export type CodeLifetimes = Readonly<Record<CodePurpose, number>>;

export interface CodesOptions {
  database: Database;
  secrets: Secrets;
  lifetimes: CodeLifetimes;
}

/** A code as it is asked for. */
export interface CodeRequest {
  /** A new one unless it is given. */
  readonly id?: string;
  readonly purpose: CodePurpose;
  readonly userId?: string;
  readonly data: CodeData;
}

/** A code that has not ended, and what was asked for. */
export interface Code extends Omit<repository.LiveCode, 'sealed'> {
  readonly data: CodeData;
}

/** A code that is still sealed. */
export interface SealedCode extends Pick<Code, 'id'> {
  /** @throws unavailable when none of the secrets opens it */
  readonly open: () => Code;
}

export type CodeToMint = Pick<Code, 'id' | 'purpose' | 'userId' | 'data'>;

/** Codes that are mailed to prove that an email is somebody's own: used once, for one purpose, for a short time. */
export interface Codes {
  /**
   * Asks for a code: one row, whoever the email is of. What is found out about it, and what is mailed, comes afterwards, so that an answer
   * given now can tell nothing. Gives the id, for who asked; nothing is done where there is one with this id.
   */
  request(db: Queryable, request: CodeRequest): Promise<string>;
  /** The code that somebody presents. @throws codeInvalid */
  present(proof: Proof, ...purposes: CodePurpose[]): Promise<Code>;
  /** Uses a code up, in the caller's transaction. @throws codeInvalid when it was used meanwhile */
  use(tx: Queryable, code: Pick<Code, 'id'>): Promise<void>;
  /** Codes to be mailed, each for one process, and opened by itself: one that cannot be keeps no other one back. */
  takeToMail(limit: number, leaseMs: number): Promise<readonly SealedCode[]>;
  /**
   * Gives a code its secrets; undefined when another process has done it. Older ones end: those to the same email, whether there is somebody with
   * it or not; of a change and of an invitation, those of the same person. Sign-ups with one email stay apart.
   */
  mint(tx: Queryable, code: CodeToMint): Promise<CodeSecrets | undefined>;
  /** The sign-up of the code's email that has this id, or had it before it was mailed again; undefined when it has ended. */
  findSignUp(code: Pick<Code, 'data'>, id: string): Promise<Code | undefined>;
  find(id: string): Promise<(Omit<Code, 'data'> & { readonly data?: CodeData }) | undefined>;
  /** By what codes of an email are known, whichever secret they were asked for under. */
  emailHashes(email: string): readonly Buffer[];
}

export function createCodes({ database, secrets, lifetimes }: CodesOptions): Codes {
  const ring = createKeyRing(secrets, 'gatehouse code data');
  const codeKeys = deriveKeys(secrets, 'gatehouse code digits');
  const emailKeys = deriveKeys(secrets, 'gatehouse code email');
  const emailHashes = (email: string) => emailKeys.map((key) => toEmailHash(key, email));
  const sealData = (id: string, data: CodeData) => ring.seal(Buffer.from(JSON.stringify(data)), Buffer.from(id));
  const open = (id: string, sealed: Buffer) => JSON.parse(ring.unseal(sealed, Buffer.from(id)).toString()) as CodeData;
  const toCodeHashes = (id: string, code: string) => codeKeys.map((key) => toCodeHash(key, id, code));
  const toCode = ({ sealed, ...code }: repository.LiveCode): Code => ({ ...code, data: open(code.id, sealed) });
  return {
    async request(db, { id = randomUUID(), purpose, userId, data }) {
      const code = { id, purpose, userId, emailHash: toEmailHash(emailKeys[0], data.email), sealed: sealData(id, data), lifetimeSeconds: lifetimes[purpose] };
      await repository.insertCode(db, code);
      return id;
    },
    async present({ token, id, code }, ...purposes) {
      const found = token
        ? await repository.findCodeByToken(database, toTokenHash(token), purposes)
        : await repository.tryCode(database, id, toCodeHashes(id, code), purposes);
      if (!found) throw codeInvalid();
      return toCode(found);
    },
    async use(tx, { id }) {
      if (!(await repository.useCode(tx, id))) throw codeInvalid();
    },
    takeToMail: async (limit, leaseMs) =>
      (await repository.takeCodesToMail(database, limit, leaseMs)).map((sealed) => ({ id: sealed.id, open: () => toCode(sealed) })),
    async mint(tx, { id, purpose, userId, data }) {
      const made = makeCodeSecrets();
      const [tokenHash, codeHash] = [toTokenHash(made.token), toCodeHash(codeKeys[0], id, made.code)];
      const holder = toHolder(purpose, userId, emailHashes(data.email));
      if (holder) await repository.lockCodesOf(tx, holder);
      const minted = { id, purpose, userId, sealed: sealData(id, data), tokenHash, codeHash, lifetimeSeconds: lifetimes[purpose] };
      if (!(await repository.mintCode(tx, minted))) return undefined;
      if (holder) await repository.endOlderCodes(tx, holder, { id, purpose });
      return made;
    },
    async findSignUp({ data: { email } }, id) {
      const signUps = (await repository.findSignUps(database, id, emailHashes(email))).map(toCode);
      return signUps.find(({ data, ...signUp }) => isSameEmail(data.email, email) && (signUp.id === id || data.formerIds?.includes(id)));
    },
    async find(id) {
      const found = await repository.findCode(database, id);
      if (!found) return undefined;
      const { sealed, ...code } = found;
      return sealed ? { ...code, data: open(id, sealed) } : code;
    },
    emailHashes,
  };
}

/** Who has one code of the purpose at a time. */
function toHolder(purpose: CodePurpose, userId: string | null, emailHashes: readonly Buffer[]): repository.CodeHolder | undefined {
  if (purpose === 'verify_email' || purpose === 'reset_password') return { emailHashes };
  return purpose !== 'sign_up' && userId ? { userId } : undefined;
}
