import type { Violation } from '../api/server-error.mts';

/** Why a row is not in. */
export interface Failure {
  /** Of the server, or ROW_UNREADABLE. */
  readonly reason: string;
  readonly message: string;
  readonly violations?: readonly Violation[];
}

/** A person of the file: as the JSON that the API takes, or why there is none. */
export interface Row {
  /** Of the record in the file, from 1. */
  readonly number: number;
  /** Where it ends in the file, in bytes. */
  readonly end: number;
  readonly user?: string;
  /** Of their password, as another system kept it; empty where the file has a column of them, and the row none. */
  readonly passwordHash?: string;
  readonly failure?: Failure;
}

/** What a row may have, in bytes: that is several times what the server takes. */
export const maxRowBytes = 262_144;

/** A row that never leaves. @param line of the file, from 1 */
export const toUnreadable = (line: number, what: string): Failure => ({ reason: 'ROW_UNREADABLE', message: `line ${line} ${what}` });

// what a decoder puts in place of bytes that are none of UTF-8
export const replacement = '\uFFFD';
export const notUtf8 = 'is not UTF-8: save the file in that encoding';
