import type { User } from '@gatehouse/contracts/user';

const given =
  'Ada Alan Amina Anna Barbara Bengt Carlos Chen Clara Daniel David Elena Emil Emma Fatima Felix Grace Hana Hans Ines Ivan Jakob James Jana Jean Jonas Julia Kai Karl Katharina Lea Leila Li Linus Lucia Maria Marie Martin Mei Mila Mohamed Nadia Nils Noah Olga Omar Paul Peter Rosa Samir Sara Sofia Stefan Tariq Thomas Tim Vera Wei Yuki Zoë'.split(
    ' ',
  );
const onsets = 'b br d f fr g gr h j k kl kr l m n p r s sch st t tr v w z'.split(' ');
const nuclei = 'a e i o u ai ei au ö ü'.split(' ');
const codas = 'ch ck hn l ld ll m mann n nd ng nn r rg rs rt s ss t tz'.split(' ');
const countries = [
  ['de-DE', 'Europe/Berlin', '+4930'],
  ['de-AT', 'Europe/Vienna', '+431'],
  ['en-GB', 'Europe/London', '+4420'],
  ['en-US', 'America/New_York', '+1212'],
  ['fr-FR', 'Europe/Paris', '+331'],
  ['pt-BR', 'America/Sao_Paulo', '+5511'],
] as const;

/** What the directory knows of a person when it is loaded. */
export type Person = Pick<User, 'email' | 'displayName' | 'givenName' | 'familyName' | 'externalIds'> & Partial<User>;

/**
 * The person with an index, from 0 on: the same in each run, and of its own whichever others are made. Names are as uneven as
 * names are: the first of a list is ever so much commoner than the last (Zipf's law).
 */
export function personAt(index: number): Person {
  const random = createRandom(index);
  const rare = (count: number) => Math.min(count - 1, Math.floor(count ** random()) - 1);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const givenName = given[rare(given.length)]!;
  const familyName = toFamilyName(rare(20_000));
  const [locale, timeZone, prefix] = pick(countries);
  const name = `${toAscii(givenName)}.${toAscii(familyName)}`;
  return {
    email: `${name}.${index.toString(36)}@${rare(500).toString(36)}.example`,
    emailVerified: random() < 0.9,
    displayName: `${givenName} ${familyName}`,
    givenName,
    familyName,
    ...(random() < 0.3 && { username: `${name}-${index.toString(36)}` }),
    ...(random() < 0.5 && { phone: `${prefix}${String(index).padStart(8, '1')}` }),
    locale,
    timeZone,
    externalIds: [{ provider: 'directory', id: `person-${index}` }],
    ...(random() < 0.2 && { publicMetadata: { plan: pick(['free', 'team', 'enterprise']), seats: Math.floor(random() * 100) } }),
    ...(random() < 0.01 && { status: 2 }),
  };
}

/** The family name with a rank: syllables that stand for its digits. */
function toFamilyName(rank: number): string {
  const random = createRandom(rank + 2 ** 30);
  const syllable = () => onsets[Math.floor(random() * onsets.length)]! + nuclei[Math.floor(random() * nuclei.length)]!;
  const text = syllable() + (random() < 0.6 ? syllable() : '') + codas[Math.floor(random() * codas.length)]!;
  return text[0]!.toUpperCase() + text.slice(1);
}

const toAscii = (text: string) =>
  text
    .normalize('NFD')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase();

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
