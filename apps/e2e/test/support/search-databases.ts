import type { Databases } from './settings';
import { withClient } from './with-client';

const listTables = `
  select format('%I.%I', table_schema, table_name) as name from information_schema.tables
  where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`;

/** Where in all databases a text stands, as `auth public.sessions`: as it is, or in bytes, or in base64 at whatever offset. */
export async function searchDatabases(superuser: Databases, texts: readonly string[]): Promise<string[]> {
  const forms = new Map(texts.map((text) => [text, toForms(text)]));
  const found: string[] = [];
  for (const [service, url] of Object.entries(superuser))
    await withClient(url, async (client) => {
      const { rows: tables } = await client.query<{ name: string }>(listTables);
      for (const { name } of tables) {
        const { rows } = await client.query<{ row: string }>(`select entry::text as row from ${name} as entry`);
        const readable = rows.map(({ row }) => `${row}\n${toReadable(row)}`).join('\n');
        for (const [text, all] of forms) if (all.some((form) => readable.includes(form))) found.push(`${service} ${name}: ${text}`);
      }
    });
  return found.sort();
}

/** What is in bytes, which PostgreSQL writes in hex. */
const toReadable = (row: string): string => [...row.matchAll(/\\+x([0-9a-f]+)/g)].map(([, hex]) => Buffer.from(hex!, 'hex').toString('latin1')).join('\n');

/** A text, and what is the same in its base64 whatever stands before and after it, in both alphabets. */
function toForms(text: string): string[] {
  const encoded = [0, 1, 2].map((offset) => {
    const base64 = Buffer.from(`${'x'.repeat(offset)}${text}`)
      .toString('base64')
      .replace(/=+$/, '');
    // the first group has what stands before in it, the last one what comes after
    return base64.slice(offset ? 4 : 0, -4);
  });
  return [...new Set([text, ...encoded, ...encoded.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))])];
}
