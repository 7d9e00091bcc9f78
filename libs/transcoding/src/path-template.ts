/** A path template of google.api.http, compiled. Grammar: google/api/http.proto, "Path template syntax". */
export interface PathTemplate {
  readonly source: string;
  /** In the order of their groups in `pattern`. */
  readonly variables: readonly PathVariable[];
  /** Matches the still encoded path; one group a variable. */
  readonly pattern: RegExp;
  /** The same for all templates that match the same paths. */
  readonly shape: string;
  /** Orders templates so that the more literal one is tried first. */
  readonly rank: string;
}

export interface PathVariable {
  readonly fieldPath: string;
  /** Whether its value may be several segments, in which an encoded slash is no separator and stays encoded. */
  readonly isOpen: boolean;
}

interface Cursor {
  readonly text: string;
  index: number;
}

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const oneSegment = '[^/]+';
const anySegments = '.*';

/** @throws an Error that says what is wrong with the template */
export function parsePathTemplate(source: string): PathTemplate {
  const fail = (problem: string) => new Error(`path template ${source}: ${problem}`);
  if (!source.startsWith('/')) throw fail('must begin with /');
  if (/[^!-~]|[?#%]/.test(source)) throw fail('has a character that no path has');
  const verb = /:([^/{}:*]+)$/.exec(source);
  const path = verb ? source.slice(0, verb.index) : source;
  const cursor: Cursor = { text: path, index: 0 };
  const variables: PathVariable[] = [];
  const parts: { pattern: string; shape: string; rank: string }[] = [];
  while (cursor.index < path.length) {
    if (path[cursor.index] !== '/') throw fail(`a segment must follow at ${path.slice(cursor.index)}`);
    cursor.index++;
    parts.push(readPart(cursor, variables, fail));
  }
  const endsOpen = parts.findIndex(({ shape }) => shape.endsWith('**'));
  if (endsOpen !== -1 && endsOpen !== parts.length - 1) throw fail('** must be the last segment');
  const names = variables.map(({ fieldPath }) => fieldPath);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw fail(`the variable ${twice} stands in it twice`);
  const suffix = verb ? escape(`:${verb[1]}`) : '';
  return {
    source,
    variables,
    pattern: new RegExp(`^${parts.map(({ pattern }) => `/${pattern}`).join('')}${suffix}$`),
    shape: `${parts.map(({ shape }) => `/${shape}`).join('')}${verb ? `:${verb[1]}` : ''}`,
    rank: `${verb ? '0' : '1'}${parts.map(({ rank }) => rank).join('')}`,
  };
}

/** A segment, or a variable that may span several. */
function readPart(cursor: Cursor, variables: PathVariable[], fail: (problem: string) => Error): { pattern: string; shape: string; rank: string } {
  const { text } = cursor;
  if (text[cursor.index] !== '{') return readSegment(cursor, fail);
  const end = text.indexOf('}', cursor.index);
  if (end === -1) throw fail('a { is not closed');
  const [name, inner = '*', ...rest] = text.slice(cursor.index + 1, end).split('=');
  if (rest.length) throw fail(`{${name} has a second =`);
  if (!name || !/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*$/i.test(name)) throw fail(`{${name}} is no field path`);
  cursor.index = end + 1;
  const innerCursor: Cursor = { text: inner, index: 0 };
  const segments = [readSegment(innerCursor, fail)];
  while (innerCursor.index < inner.length) {
    if (inner[innerCursor.index] !== '/') throw fail(`{${name}=${inner} holds another {`);
    innerCursor.index++;
    segments.push(readSegment(innerCursor, fail));
  }
  variables.push({ fieldPath: name, isOpen: segments.length > 1 || inner === '**' });
  const join = (key: 'pattern' | 'shape') => segments.map((segment) => segment[key]).join('/');
  return { pattern: `(${join('pattern')})`, shape: join('shape'), rank: segments.map(({ rank }) => rank).join('') };
}

function readSegment(cursor: Cursor, fail: (problem: string) => Error): { pattern: string; shape: string; rank: string } {
  const [segment] = /^[^/{}]*/.exec(cursor.text.slice(cursor.index))!;
  if (!segment) throw fail('a segment is empty');
  cursor.index += segment.length;
  if (segment === '*') return { pattern: oneSegment, shape: '*', rank: '2' };
  if (segment === '**') return { pattern: anySegments, shape: '**', rank: '3' };
  if (segment.includes('*')) throw fail(`${segment} is neither a word nor a wildcard`);
  return { pattern: escape(segment), shape: segment, rank: '1' };
}
