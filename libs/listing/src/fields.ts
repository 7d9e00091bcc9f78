import type { Comparison } from './filter';
import type { Bind } from './sql';

/** A field that a List request may filter by, and where `sort` is there, order by. */
export interface Field {
  /**
   * The condition that a comparison is, true, false or null.
   * @throws validationFailed where the field knows no such operator or value
   */
  compare(comparison: Comparison, bind: Bind): string;
  readonly sort?: SortKey;
}

/** How rows are ordered by a field. Its value is never null. */
export interface SortKey {
  readonly expression: string;
  /** The value as text, from which `cast` gives the very same value again. */
  readonly asText: string;
  readonly cast: string;
}

/** What List requests may ask for; made by `defineFields`. */
export interface Fields<Name extends string = string> {
  readonly names: readonly Name[];
  /** By its name in JSON or in the proto: `createTime`, `create_time`. */
  find(name: string): { readonly name: Name; readonly field: Field } | undefined;
}

/**
 * Declares the fields of a List method, by their JSON names; no other is filtered or ordered by. Columns are SQL, and never
 * the caller's. Text is compared in the collation "C", so that indexes serve that are in it too.
 *
 * ```ts
 * const fields = defineFields({
 *   id: uuid('id', { sortable: true }),
 *   email: text('email', { ignoreCase: 'ascii', sortable: true }), // index on (lower(email collate "C"))
 *   status: enumeration('status', { USER_STATUS_ACTIVE: 'active', USER_STATUS_SUSPENDED: 'suspended' }),
 *   createTime: timestamp('create_time', { sortable: true }), // index on (create_time, id)
 *   roleIds: textArray('roles'), // gin (roles)
 *   publicMetadata: json('public_metadata'), // gin (public_metadata)
 * });
 *
 * const ordering = compileOrderBy(fields, request.orderBy, { unique: 'id' });
 * const query = { filter: request.filter, orderBy: ordering.canonical };
 * const where = compileFilter(fields, request.filter, 2);
 * const after = ordering.after(tokens.open(request.pageToken, query), 2 + where.values.length);
 * const rows = await db.query<UserRow & { page_key: string[] }>({
 *   name: 'list-users',
 *   isPrepared: false, // a text for each filter
 *   text: `select id, …, ${ordering.rowKey} as page_key from users
 *          where ${where.text} and ${after.text} order by ${ordering.text} limit $1`,
 *   values: [size + 1, ...where.values, ...after.values],
 * });
 * const nextPageToken = rows.length > size ? tokens.seal(query, rows[size - 1].page_key) : '';
 * ```
 *
 * @throws RangeError where two names are the same in lower_snake_case
 */
export function defineFields<const Name extends string>(fields: Readonly<Record<Name, Field>>): Fields<Name> {
  const names = Object.keys(fields) as Name[];
  const byName = new Map<string, { name: Name; field: Field }>();
  for (const name of names)
    for (const spelling of new Set([name, toSnakeCase(name)])) {
      if (byName.has(spelling)) throw new RangeError(`the field ${name} is written ${spelling} in lower_snake_case, as another one is: rename one of them`);
      byName.set(spelling, { name, field: fields[name] });
    }
  return { names, find: (name) => byName.get(name) };
}

const toSnakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
