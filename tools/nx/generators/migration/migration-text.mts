/**
 * The first lines of a migration. A table that is made comes with the columns that each has; whatever else it does is its author's to write.
 * @param words `create_invoices`
 * @param why the sentence that it begins with, without its full stop
 */
export function toMigrationText(words: string, why?: string): string {
  const [verb, ...nouns] = words.split('_');
  const sentence = `-- ${why ?? `${verb!.charAt(0).toUpperCase()}${verb!.slice(1)} ${nouns.join(' ')}`}.\n`;
  if (verb !== 'create') return sentence;
  return `${sentence}create table ${nouns.join('_')} (\n  id uuid primary key,\n  create_time timestamptz(3) not null default now()\n);\n`;
}
