import type { IToken } from 'chevrotain';
import type { Literal } from './filter';
import { refuseFilter } from './filter-limits';
import { quotedText } from './filter-tokens';

const escaped = /\\([\s\S])/g;

/**
 * The value that these tokens, which have nothing between them, stand for.
 * @throws validationFailed where a quoted part has unquoted ones beside it, or a `*` stands elsewhere than at the end
 */
export function toLiteral(parts: readonly IToken[]): Literal {
  const [first] = parts;
  if (first?.tokenType === quotedText && parts.length === 1) return toQuotedLiteral(first);
  const at = first?.startOffset ?? 0;
  if (parts.some(({ tokenType }) => tokenType === quotedText)) refuseFilter('filter.syntax', at, 'a value is quoted as a whole, or not at all');
  const image = parts.map((part) => part.image).join('');
  return { ...withoutWildcard(image, at), isQuoted: false, at };
}

/**
 * The text within quotes: a backslash stands before a quote, a backslash, or a `*` that is no wildcard.
 * @throws validationFailed where it stands before something else
 */
export function unquote({ image, startOffset }: IToken): string {
  const inner = image.slice(1, -1);
  for (const { 1: character, index } of inner.matchAll(escaped))
    if (!character || !`"'\\*`.includes(character))
      refuseFilter('filter.syntax', startOffset + 1 + index, String.raw`a backslash stands before ", ', * or \ alone`);
  return inner.replace(escaped, '$1');
}

function toQuotedLiteral(token: IToken): Literal {
  const text = unquote(token);
  // escaped pairs are of two units, so that a * that is a wildcard keeps its place
  const { isPrefix } = withoutWildcard(token.image.slice(1, -1).replace(escaped, '\\\\'), token.startOffset + 1);
  return { text: isPrefix ? text.slice(0, -1) : text, isPrefix, isQuoted: true, at: token.startOffset };
}

function withoutWildcard(text: string, at: number): Pick<Literal, 'text' | 'isPrefix'> {
  const star = text.indexOf('*');
  if (star < 0) return { text, isPrefix: false };
  if (star < text.length - 1)
    refuseFilter('filter.value', at + star, String.raw`the wildcard * stands at the end alone; one that is part of the text is \* in quotes`);
  return { text: text.slice(0, -1), isPrefix: true };
}
