/** The words of a name in PascalCase: `GetUser` has Get and User. */
export const toWords = (pascal: string): string[] => pascal.split(/(?<=[a-z0-9])(?=[A-Z])/);

export const toSnake = (pascal: string): string => toWords(pascal).join('_').toLowerCase();
export const toKebab = (pascal: string): string => toWords(pascal).join('-').toLowerCase();
export const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
export const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `verb_noun`, `VERB_NOUN` and `verb-noun` as `verbNoun`. */
export const toCamel = (text: string): string => text.toLowerCase().replace(/[_-]([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The plural of an English noun, as names of collections have it (AIP-122). */
export function toPlural(noun: string): string {
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

/** The singular of what `toPlural` makes. */
export function toSingular(nouns: string): string {
  if (nouns.endsWith('ies')) return `${nouns.slice(0, -3)}y`;
  return [nouns.slice(0, -2), nouns.slice(0, -1)].find((noun) => toPlural(noun) === nouns) ?? nouns;
}

/** `user` as "a user". */
export const withArticle = (noun: string): string => `${/^[aeiou]/.test(noun) && !/^(user|uni)/.test(noun) ? 'an' : 'a'} ${noun}`;
