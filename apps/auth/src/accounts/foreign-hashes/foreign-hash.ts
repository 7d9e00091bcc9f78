/** A password hash that another system made, within the bounds of what a login may cost. */
export interface ForeignHash {
  readonly family: ForeignHashFamily;
  /** Whether it is the password's. Takes about a second of a core and 128 MiB at most. */
  matches(password: string): Promise<boolean>;
}

export type ForeignHashFamily = 'argon2' | 'bcrypt' | 'scrypt' | 'firebase-scrypt' | 'pbkdf2' | 'salted-sha';

/** Why a hash is not taken: in a sentence that quotes no part of it but its parameters. */
export interface HashRefusal {
  readonly refusal: 'unsupported' | 'too-costly';
  readonly description: string;
}

/** Reads the forms of one family; undefined for a text that is of none of them. */
export type ReadForeignHash = (text: string) => ForeignHash | HashRefusal | undefined;

export const unsupported = (description: string): HashRefusal => ({ refusal: 'unsupported', description });
export const tooCostly = (description: string): HashRefusal => ({ refusal: 'too-costly', description });
