/** Numbers that are the same for the same seed (mulberry32). */
export function createRandom(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  /** A whole number from 0 to one less than `end`. */
  const below = (end: number): number => Math.floor(next() * end);
  const pick = <T>(choices: readonly T[]): T => choices[below(choices.length)] as T;
  const chance = (probability: number): boolean => next() < probability;
  const many = <T>(least: number, most: number, make: () => T): T[] => Array.from({ length: least + below(most - least + 1) }, make);
  /** Of these characters, which may be of several units. */
  const textOf = (characters: readonly string[], least: number, most: number): string => many(least, most, () => pick(characters)).join('');
  const uuid = (): string =>
    Array.from({ length: 32 }, () => below(16).toString(16))
      .join('')
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return { below, pick, chance, many, textOf, uuid };
}
export type Random = ReturnType<typeof createRandom>;
