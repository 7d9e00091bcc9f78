/** What every rule is about, and what to do in place of breaking it. */
export const rules = {
  drops: 'the last release may still use it: stop using it in one release, drop it in the next',
  renames: 'the last release knows the old name: add the new one, write both, and drop the old one two releases later',
  'changes-type': 'it rewrites the table under a lock, and the last release reads the old type: add a column of the new type, write both',
  'needs-value': 'the last release inserts rows without it: give it a default, or let it be null',
  'rewrites-table': 'every row is written anew under a lock: add the column empty, set its default, and fill it in steps',
  'scans-table': 'all rows are read under a lock: add it `not valid`, and validate it in a migration of its own',
  'locks-table': 'nobody writes until it is built: `create index concurrently`, in a migration with the line "-- outside a transaction"',
  narrows: 'the last release may write what this refuses',
  'whole-table': 'every row is locked until the end: name the rows, or fill them in steps by a process',
  'outside-transaction':
    'a migration with the line "-- outside a transaction" is made of pairs, `drop index concurrently if exists a` and then `create index concurrently a`, a line each, and no other has them: so a run that was cut short can be repeated',
  transaction: 'each migration is run in one transaction already',
  unknown: 'no rule knows whether the last release can live with it: add it to tools/release/migrations, or say why it is harmless',
} as const;

export type Rule = keyof typeof rules;

/** A rule that a statement breaks. */
export interface Finding {
  readonly rule: Rule;
  /** `column nickname of users` */
  readonly what: string;
}
