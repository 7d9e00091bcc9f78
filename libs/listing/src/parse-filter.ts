import { EOF, type IRecognitionException } from 'chevrotain';
import type { Filter } from './filter';
import { FilterGrammar } from './filter-grammar';
import { maxLength, refuseFilter } from './filter-limits';
import { lexer } from './filter-tokens';

const grammar = new FilterGrammar();

/**
 * Reads a filter (AIP-160); undefined where it is empty, and asks for nothing.
 * @throws validationFailed with a violation of `filter` that says where it is ill-formed or too long
 */
export function parseFilter(filter: string): Filter | undefined {
  if (filter.length > maxLength) refuseFilter('filter.too_long', undefined, `a filter may have ${maxLength} characters: ask in several requests`);
  if (filter.includes('\0') || !filter.isWellFormed())
    refuseFilter('filter.syntax', undefined, 'NUL and halves of surrogate pairs are no text: leave them out');
  const { tokens, errors } = lexer.tokenize(filter);
  const [unread] = errors;
  if (unread) refuseFilter('filter.syntax', unread.offset, describeCharacter(filter[unread.offset]));
  if (!tokens.length) return undefined;
  const read = grammar.read(tokens);
  const [error] = grammar.errors;
  return error ? refuseFilter('filter.syntax', toOffset(error, filter), describeToken(error)) : read;
}

const toOffset = ({ token }: IRecognitionException, filter: string): number => (token.tokenType === EOF ? filter.length : token.startOffset);

function describeCharacter(character: string | undefined): string {
  if (character === '"' || character === "'") return `this quote is never closed: end the value with ${character}`;
  return 'this character has no meaning here: values with other characters than letters, digits, dots, - and _ are written in quotes';
}

function describeToken({ token }: IRecognitionException): string {
  const found = token.tokenType === EOF ? 'the filter ends' : `there is ${token.tokenType.LABEL}`;
  return `${found} where a comparison (field = value), NOT, AND, OR or a parenthesis is expected; values with : or other signs are written in quotes`;
}
