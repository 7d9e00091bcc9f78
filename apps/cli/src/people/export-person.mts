import { type PersistOptions, persist } from '../api/persist.mts';
import { readResults } from '../api/results.mts';
import { findId } from './find-person.mts';

export interface ExportPersonOptions extends Omit<PersistOptions, 'position'> {
  /** Takes records; the next ones are asked for when it has. */
  readonly onRecords: (records: readonly object[]) => Promise<void>;
}

interface Page {
  readonly records?: readonly object[];
  readonly cursor?: string;
}

/**
 * Reads all that is kept of a person, and goes on where a call was cut.
 * @param name an id, an email or `me`
 * @throws CommandError where it cannot be done, and what onRecords throws
 */
export async function exportPerson(name: string, { onRecords, ...options }: ExportPersonOptions): Promise<void> {
  const id = await findId(name, options);
  let cursor = '';
  await persist({ ...options, position: () => cursor }, async (token) => {
    const query = new URLSearchParams(cursor ? { cursor } : {});
    for await (const page of readResults<Page>(`${options.url}/v1/users/${id}:export?${query}`, token, options.signal)) {
      await onRecords(page.records ?? []);
      cursor = page.cursor || cursor;
    }
  });
}
