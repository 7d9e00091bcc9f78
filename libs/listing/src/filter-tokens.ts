import { Lexer, type TokenType, createToken } from 'chevrotain';

// what ends text without quotes
const bare = String.raw`[^\s"'()=<>!:,.\\-][^\s"'()=<>!:,.\\]*`;
const quoted = (quote: string) => String.raw`${quote}(?:[^${quote}\\]|\\[\s\S])*${quote}`;

const space = createToken({ name: 'Space', pattern: /\s+/, group: Lexer.SKIPPED, line_breaks: true });
/** A time without quotes, which else would end at its first colon. */
export const time = createToken({ name: 'Time', pattern: /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})/i, label: 'a time' });
export const text = createToken({ name: 'Text', pattern: new RegExp(bare), line_breaks: false, label: 'text' });
export const quotedText = createToken({ name: 'QuotedText', pattern: new RegExp(`${quoted('"')}|${quoted("'")}`), line_breaks: true, label: 'quoted text' });

const word = (name: string) => createToken({ name, pattern: new RegExp(name), longer_alt: text, label: name });
export const and = word('AND');
export const or = word('OR');
export const not = word('NOT');

export const comparator = createToken({ name: 'Comparator', pattern: /<=|>=|!=|[=<>:]/, label: 'an operator' });
export const minus = createToken({ name: 'Minus', pattern: /-/, label: '-' });
export const dot = createToken({ name: 'Dot', pattern: /\./, label: '.' });
export const open = createToken({ name: 'Open', pattern: /\(/, label: '(' });
export const close = createToken({ name: 'Close', pattern: /\)/, label: ')' });

// of functions, which the grammar refuses by their name
const comma = createToken({ name: 'Comma', pattern: /,/, label: ',' });

/** The first that fits is taken. */
export const tokens: TokenType[] = [space, time, quotedText, and, or, not, text, comparator, minus, dot, comma, open, close];

/** Gives the tokens of a filter, with their offsets. */
export const lexer = new Lexer(tokens, { positionTracking: 'onlyOffset', ensureOptimizations: false });
