const maxDepth = 64;

/** The text is no JSON that can be read without loss. Its message is for the caller and repeats nothing of the text. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
}

/**
 * Parses JSON like JSON.parse, and refuses what that would lose: a repeated key, an integer no double can hold, half of a
 * surrogate pair; and nesting deeper than 64.
 * @throws JsonSyntaxError
 */
export function parseStrictJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new JsonSyntaxError('is not valid JSON');
  }
  scan(text); // the text is valid JSON by now, so the scan need not check its syntax
  return value;
}

function scan(text: string): void {
  const outer: (Set<string> | undefined)[] = [];
  let keys: Set<string> | undefined;
  let index = 0;
  while (index < text.length) {
    switch (text[index]) {
      case '"': {
        const end = findStringEnd(text, index);
        const content = JSON.parse(text.slice(index, end)) as string;
        if (!content.isWellFormed()) throw new JsonSyntaxError('holds half of a surrogate pair');
        index = skipSpace(text, end);
        if (keys && text[index] === ':') {
          if (keys.has(content)) throw new JsonSyntaxError('has a key twice in one object');
          keys.add(content);
        }
        break;
      }
      case '{':
      case '[':
        outer.push(keys);
        if (outer.length > maxDepth) throw new JsonSyntaxError(`is nested deeper than ${maxDepth} levels`);
        keys = text[index] === '{' ? new Set() : undefined;
        index++;
        break;
      case '}':
      case ']':
        keys = outer.pop();
        index++;
        break;
      default: {
        const [number] = /^-?\d[\d.eE+-]*/.exec(text.slice(index, index + 400)) ?? [''];
        if (number !== '' && !Number.isFinite(Number(number))) throw new JsonSyntaxError('has a number that is too large');
        if (/^-?\d{16,}$/.test(number) && !Number.isSafeInteger(Number(number))) throw new JsonSyntaxError('has an integer too large for a JSON number: send it as a string');
        index += number.length || 1;
      }
    }
  }
}

function skipSpace(text: string, start: number): number {
  let index = start;
  while (text.charCodeAt(index) <= 32) index++;
  return index;
}

function findStringEnd(text: string, start: number): number {
  let index = start + 1;
  while (text[index] !== '"') index += text[index] === '\\' ? 2 : 1;
  return index + 1;
}
