import type { Bind } from './sql';

/**
 * What begins with `prefix`, as a range in the order of code points: unlike LIKE, it is served by an index also where the plan
 * is made before the value is known, and has no signs to escape.
 */
export function prefixRange(expression: string, prefix: string, bind: Bind): string {
  const lower = `${expression} >= ${bind(prefix)}::text`;
  const end = successorOf(prefix);
  return end === undefined ? `(${lower})` : `(${lower} and ${expression} < ${bind(end)}::text)`;
}

/** The least text after all that begin with this one; undefined where there is none. */
function successorOf(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  // surrogates are no characters
  return last === undefined ? undefined : String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
}
