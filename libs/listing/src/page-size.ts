import { refuse } from './refuse';

/**
 * How many rows a page has (AIP-158): the default where none is asked for, and never more than the most.
 * @throws validationFailed (INVALID_ARGUMENT) with a violation of `pageSize` where it is negative
 */
export function toPageSize(asked: number, { default: usual, max }: { readonly default: number; readonly max: number }): number {
  if (asked < 0)
    refuse('pageSize', 'page_size.negative', undefined, `a page has 1 to ${max} rows, ${usual} where none are asked for with 0: ask for no fewer than 0`);
  return Math.min(asked || usual, max);
}
