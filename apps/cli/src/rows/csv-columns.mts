import { CommandError } from '../command-error.mts';
import type { Violation } from '../api/server-error.mts';
import { notUtf8, replacement } from './row.mts';

/** Puts the text of a cell into a user; gives what is wrong with it, where something is. */
type Put = (user: Record<string, unknown>, text: string) => Violation | undefined;

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const asText =
  (field: string): Put =>
  (user, text) =>
    void (user[field] = text);
const asFlag =
  (field: string): Put =>
  (user, text) => {
    if (!/^(true|false)$/i.test(text)) return { field, description: 'must be true or false', reason: 'csv.type' };
    user[field] = text.toLowerCase() === 'true';
  };
/** `active`, or as the API has it: `USER_STATUS_ACTIVE`. */
const asStatus: Put = (user, text) => void (user.status = /^[a-z]+$/i.test(text) ? `USER_STATUS_${text.toUpperCase()}` : text);

/** The columns that stand for a field, by its name in the API. */
const fieldColumns: Readonly<Record<string, Put>> = {
  ...Object.fromEntries(
    ['email', 'phone', 'username', 'displayName', 'givenName', 'familyName', 'locale', 'timeZone', 'pictureUrl'].map((name) => [name, asText(name)]),
  ),
  emailVerified: asFlag('emailVerified'),
  status: asStatus,
  passwordHash: asText('passwordHash'),
};

const toMetadataKey =
  (field: string) =>
  (key: string): Put =>
  (user, text) => {
    // a key such as __proto__ is one like any other
    Object.defineProperty((user[field] ??= {}), key, { value: text, enumerable: true, configurable: true });
  };
const toExternalId =
  (provider: string): Put =>
  (user, text) =>
    void ((user.externalIds ??= []) as unknown[]).push({ provider, id: text });

/** The columns that stand for a part of a field, which follows a dot. */
const partColumns: Readonly<Record<string, (part: string) => Put>> = {
  externalIds: toExternalId,
  publicMetadata: toMetadataKey('publicMetadata'),
  privateMetadata: toMetadataKey('privateMetadata'),
  ownMetadata: toMetadataKey('ownMetadata'),
};

/** What a header may name, for people. */
export const knownColumns: readonly string[] = [
  ...Object.keys(fieldColumns).map(snake),
  ...Object.keys(partColumns).map((name) => `${snake(name)}.<${name === 'externalIds' ? 'provider' : 'key'}>`),
];

const toCamel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/**
 * Reads the header of a CSV file: names of fields as `display_name` or `displayName`, and parts as `external_ids.okta`.
 * @throws CommandError that names each column that is unknown or there twice, or says that it is of another encoding
 */
export function readHeader(names: readonly string[]): readonly Put[] {
  // of UTF-16 every other byte is NUL
  if (names.some((name) => name.includes(replacement) || name.includes('\0'))) throw new CommandError(`the header ${notUtf8}`);
  const seen = new Set<string>();
  const problems: string[] = [];
  const puts = names.map((raw) => {
    const name = raw.trim();
    const [, field = name, part] = /^([^.]+)\.(.+)$/s.exec(name) ?? [];
    const own = toCamel(field);
    const put = part === undefined ? get(fieldColumns, own) : get(partColumns, own)?.(part);
    const key = part === undefined ? own : `${own}.${part}`;
    if (!put) problems.push(`the column ${JSON.stringify(name.slice(0, 100))} is not known`);
    else if (seen.has(key)) problems.push(`the column ${name} is there twice`);
    seen.add(key);
    return put!;
  });
  if (!problems.length) return puts;
  const separator = names.length === 1 && /[;\t]/.exec(names[0]!) ? '; columns have to be separated by commas' : '';
  throw new CommandError(`${problems.slice(0, 10).join(', ')}${separator}. Known are ${knownColumns.join(', ')}. Rename it in the first line, or take it out`);
}

const get = <T,>(columns: Readonly<Record<string, T>>, name: string): T | undefined => (Object.hasOwn(columns, name) ? columns[name] : undefined);

/** The person of a record, and where there is a column of them their password's hash; empty cells say nothing. */
export function toUser(puts: readonly Put[], cells: readonly string[]): { user: string; passwordHash?: string } | { violations: readonly Violation[] } {
  const user: Record<string, unknown> = {};
  const violations = cells.flatMap((text, index) => (text === '' ? [] : (puts[index]!(user, text) ?? [])));
  if (violations.length) return { violations };
  const { passwordHash, ...person } = user as { passwordHash?: string };
  return { user: JSON.stringify(person), ...(puts.includes(fieldColumns.passwordHash!) ? { passwordHash: passwordHash ?? '' } : {}) };
}
