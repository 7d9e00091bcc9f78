const maxDepth = 64;

/** The text is no JSON that can be read without loss. Its message is for the caller and repeats nothing of the text; `path` is where in the value it is. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  constructor(
    message: string,
    readonly path = '',
  ) {
    super(message);
  }
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

/** An object or a list that is being read. */
interface Level {
  /** Of an object, the keys so far. */
  readonly keys: Set<string> | undefined;
  /** Key or index of what is being read in it. */
  at: string | number;
}

function scan(text: string): void {
  const levels: Level[] = [];
  const refuse = (message: string) => {
    throw new JsonSyntaxError(message, levels.map(({ at }, depth) => (typeof at === 'number' ? `[${at}]` : depth ? `.${at}` : at)).join(''));
  };
  let index = 0;
  while (index < text.length) {
    const level = levels.at(-1);
    switch (text[index]) {
      case '"': {
        const end = findStringEnd(text, index);
        const content = JSON.parse(text.slice(index, end)) as string;
        index = skipSpace(text, end);
        if (level?.keys && text[index] === ':') {
          level.at = content;
          if (level.keys.has(content)) refuse('has a key twice in one object');
          level.keys.add(content);
        }
        if (!content.isWellFormed()) refuse('holds half of a surrogate pair');
        break;
      }
      case '{':
      case '[':
        if (levels.length === maxDepth) throw new JsonSyntaxError(`is nested deeper than ${maxDepth} levels`);
        levels.push(text[index] === '{' ? { keys: new Set(), at: '' } : { keys: undefined, at: 0 });
        index++;
        break;
      case '}':
      case ']':
        levels.pop();
        index++;
        break;
      case ',':
        if (typeof level?.at === 'number') level.at++;
        index++;
        break;
      default: {
        const [number] = /^-?\d[\d.eE+-]*/.exec(text.slice(index, index + 400)) ?? [''];
        if (number !== '' && !Number.isFinite(Number(number))) refuse('has a number that is too large');
        if (/^-?\d{16,}$/.test(number) && !Number.isSafeInteger(Number(number))) refuse('has an integer too large for a JSON number: send it as a string');
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
