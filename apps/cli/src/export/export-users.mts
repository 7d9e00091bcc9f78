import { type PersistOptions, persist } from '../api/persist.mts';
import { readResults } from '../api/results.mts';

export interface ExportOptions extends Omit<PersistOptions, 'position'> {
  readonly showDeleted: boolean;
  /** Takes people; the next ones are asked for when it has. */
  readonly onUsers: (users: readonly object[]) => Promise<void>;
}

interface Page {
  readonly users: readonly object[];
  readonly cursor: string;
}

/**
 * Reads everybody as of one moment, and goes on where a call was cut.
 * @throws CommandError where it cannot be done, and what onUsers throws
 */
export async function exportUsers({ showDeleted, onUsers, ...options }: ExportOptions): Promise<void> {
  let cursor = '';
  await persist({ ...options, position: () => cursor }, async (token) => {
    const query = new URLSearchParams({ ...(cursor ? { cursor } : {}), ...(showDeleted ? { showDeleted: 'true' } : {}) });
    for await (const page of readResults<Page>(`${options.url}/v1/users:export?${query}`, token, options.signal)) {
      await onUsers(page.users);
      cursor = page.cursor || cursor;
    }
  });
}
