import type { Source } from '../rows/source.mts';

/** What an import is, beside its rows. */
export interface ImportOptions {
  readonly matchProvider?: string;
  /** As the API has it: `ON_EXISTING_UPDATE`. */
  readonly onExisting: string;
  readonly dryRun: boolean;
  /** Rows have password hashes, so that it is accounts that are imported. */
  readonly hasPasswords: boolean;
}

/**
 * Makes the id of an import of what it is: a UUID of version 8 (RFC 9562 §5.8), the SHA-256 of the options and of the file. So the
 * same command finds the same import, however the one before ended.
 */
export async function toImportId(
  source: Source,
  { matchProvider = '', onExisting, dryRun, hasPasswords }: ImportOptions,
  onRead: (bytes: number) => void,
): Promise<string> {
  const what = [source.format, matchProvider, onExisting, dryRun, ...(hasPasswords ? ['passwords'] : [])];
  const bytes = (await source.digest(`${JSON.stringify(what)}\n`, onRead)).subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
