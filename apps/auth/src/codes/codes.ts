import { codeInvalid } from '@gatehouse/contracts/auth';
import type { Database, Queryable } from '@gatehouse/postgres';
import { randomUUID } from 'node:crypto';
import * as repository from '../postgres/code-repository';
import { createKeyRing, deriveKeys, type Secrets } from '../seal';
import { type CodeData, type CodePurpose, type CodeSecrets, makeCodeSecrets, type Proof, toCodeHash, toEmailHash, toTokenHash } from './one-time-code';

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
  /** Codes to be mailed, each for one process. */
  takeToMail(limit: number, leaseMs: number): Promise<readonly Code[]>;
  /** Gives a code its secrets; undefined when another process has done it. A person has one of a purpose: the older ones end. */
  mint(tx: Queryable, code: Pick<Code, 'id' | 'purpose' | 'data'> & { readonly userId?: string | null }): Promise<CodeSecrets | undefined>;
  find(id: string): Promise<(Omit<Code, 'data'> & { readonly data?: CodeData }) | undefined>;
  /** By what codes of an email are known, whichever secret they were asked for under. */
  emailHashes(email: string): readonly Buffer[];
}

export function createCodes({ database, secrets, lifetimes }: CodesOptions): Codes {
  const ring = createKeyRing(secrets, 'gatehouse code data');
  const codeKeys = deriveKeys(secrets, 'gatehouse code digits');
  const emailKeys = deriveKeys(secrets, 'gatehouse code email');
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
    takeToMail: async (limit, leaseMs) => (await repository.takeCodesToMail(database, limit, leaseMs)).map(toCode),
    async mint(tx, { id, purpose, userId, data }) {
      const made = makeCodeSecrets();
      const [tokenHash, codeHash] = [toTokenHash(made.token), toCodeHash(codeKeys[0], id, made.code)];
      if (userId) await repository.lockCodesOf(tx, userId);
      const minted = { id, purpose, userId: userId ?? undefined, sealed: sealData(id, data), tokenHash, codeHash, lifetimeSeconds: lifetimes[purpose] };
      if (!(await repository.mintCode(tx, minted))) return undefined;
      if (userId) await repository.endCodesOf(tx, userId, { purpose, except: id });
      return made;
    },
    async find(id) {
      const found = await repository.findCode(database, id);
      if (!found) return undefined;
      const { sealed, ...code } = found;
      return sealed ? { ...code, data: open(id, sealed) } : code;
    },
    emailHashes: (email) => emailKeys.map((key) => toEmailHash(key, email)),
  };
}
