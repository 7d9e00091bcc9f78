import { validationFailed } from '@gatehouse/contracts/api';
import type { Metadata, UserChange } from './user';

interface Violation {
  readonly field: string;
  readonly description: string;
  readonly reason: string;
}

const maxMetadataBytes = 16 * 1024;
const maxMetadataLevels = 16;

/** The rules of a profile that the contract has no word for. `prefix` stands before the names of fields: `user.`. */
export function profileFaultsOf(change: UserChange, prefix: string): readonly Violation[] {
  const faults: Violation[] = [];
  const check = (field: keyof UserChange, fault: Omit<Violation, 'field'> | undefined) => fault && faults.push({ field: prefix + field, ...fault });
  check(
    'locale',
    change.locale && !isLocale(change.locale) ? { description: 'must be a language tag of BCP 47, such as "de-AT"', reason: 'locale' } : undefined,
  );
  check(
    'timeZone',
    change.timeZone && !isTimeZone(change.timeZone) ? { description: 'must be a time zone of IANA, such as "Europe/Vienna"', reason: 'time_zone' } : undefined,
  );
  for (const field of ['publicMetadata', 'privateMetadata', 'ownMetadata'] as const) check(field, findMetadataFault(change[field]));
  return faults;
}

/** @throws validationFailed */
export function requireProfile(change: UserChange, prefix: string): void {
  const violations = profileFaultsOf(change, prefix);
  if (violations.length) throw validationFailed({ violations });
}

function isLocale(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}

// to ask takes longer than all other rules together, and there are some hundred of them
const timeZones = new Set<string>();

function isTimeZone(text: string): boolean {
  if (timeZones.has(text)) return true;
  try {
    const isKnown = Boolean(new Intl.DateTimeFormat('en', { timeZone: text }));
    // in whatever case they are written
    if (timeZones.size < 2_000) timeZones.add(text);
    return isKnown;
  } catch {
    return false;
  }
}

function findMetadataFault(metadata: Metadata | undefined): Omit<Violation, 'field'> | undefined {
  if (!metadata) return undefined;
  if (levelsOf(metadata) > maxMetadataLevels)
    return { description: `must not be nested more than ${maxMetadataLevels} levels deep`, reason: 'metadata.levels' };
  if (!isJson(metadata)) return { description: 'must not have a number that JSON has not, such as NaN', reason: 'metadata.number' };
  const bytes = Buffer.byteLength(JSON.stringify(metadata));
  if (bytes > maxMetadataBytes) return { description: `must not have more than ${maxMetadataBytes} bytes as JSON, and has ${bytes}`, reason: 'metadata.size' };
  return undefined;
}

/** Whether all numbers are such as JSON has. */
const isJson = (value: unknown): boolean =>
  typeof value === 'number' ? Number.isFinite(value) : typeof value !== 'object' || value === null || Object.values(value).every(isJson);

/** How deep it is nested; no deeper than is needed to know that it is too deep. */
function levelsOf(value: unknown, level = 0): number {
  if (typeof value !== 'object' || value === null || level > maxMetadataLevels) return level;
  let deepest = level + 1;
  for (const each of Object.values(value)) deepest = Math.max(deepest, levelsOf(each, level + 1));
  return deepest;
}
