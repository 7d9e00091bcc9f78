/** The text that percent-encoding stands for; undefined when it is not valid UTF-8. */
export function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The same, but an encoded slash in a value of several segments is no separator, so it stays as it is (google/api/http.proto). */
export function decodeOpen(text: string): string | undefined {
  const parts = text.split(/(%2f)/i).map((part, index) => (index % 2 ? part : decode(part)));
  return parts.includes(undefined) ? undefined : parts.join('');
}

/** The parameters of a query string or a form, repeated ones together; `onBroken` is told of those that are not valid. */
export function readParameters(text: string, onBroken: (name: string) => void): ReadonlyMap<string, string[]> {
  const values = new Map<string, string[]>();
  for (const pair of text.split('&')) {
    if (!pair) continue;
    const cut = pair.indexOf('=');
    const name = decode(plusToSpace(cut === -1 ? pair : pair.slice(0, cut)));
    const value = decode(plusToSpace(cut === -1 ? '' : pair.slice(cut + 1)));
    if (name === undefined || value === undefined) onBroken(name ?? '');
    else if (values.has(name)) values.get(name)!.push(value);
    else values.set(name, [value]);
  }
  return values;
}

const plusToSpace = (text: string) => text.replaceAll('+', ' ');
