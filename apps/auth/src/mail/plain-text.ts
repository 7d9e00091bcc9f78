const longest = 80;

// what ends a line or turns the direction of what follows: controls, line and paragraph separators, marks and overrides of direction
const unseen = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** Whether a text has nothing in it that is not seen. */
export const isPlain = (text: string): boolean => text.search(unseen) < 0;

/** What a person typed, as it may stand in a mail: in one line, with nothing that is not seen, and not for long. */
function toPlain(text: string): string {
  const plain = text.replace(unseen, ' ').replace(/\s+/gu, ' ').trim();
  const characters = Array.from(plain);
  return characters.length > longest ? `${characters.slice(0, longest).join('').trimEnd()}…` : plain;
}

/**
 * A name as it may stand in a mail; undefined where there is none, or where mail programs might make a link of it: whoever chooses a name
 * has mails sent to others by us.
 */
export function toName(text: string | undefined): string | undefined {
  const plain = toPlain(text ?? '');
  return plain === '' || /[/@\\]|\p{L}[.\u3002\uFF0E]\p{L}{2,}/u.test(plain) ? undefined : plain;
}
