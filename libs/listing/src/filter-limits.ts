import { refuse } from './refuse';

/** In UTF-16 units. */
export const maxLength = 2_000;
export const maxComparisons = 50;
export const maxNesting = 20;

/** @throws validationFailed, with a violation of `filter` */
export const refuseFilter = (reason: string, at: number | undefined, what: string): never => refuse('filter', reason, at, what);
