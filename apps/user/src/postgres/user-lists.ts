import { compileFilter, compileOrderBy, type Ordering } from '@gatehouse/listing';
import type { Queryable } from '@gatehouse/postgres';
import type { User } from '../user';
import { defineUserFields } from './user-fields';
import { toUser, userColumns, type UserRow } from './user-row';

/** Which people are asked for, and in which order. */
export interface UserSelection {
  /** AIP-160 */
  readonly filter: string;
  readonly ordering: Ordering;
  /** Deleted people too. */
  readonly showDeleted: boolean;
}

/** A person of a list, and their place in it. */
export interface ListedUser {
  readonly user: User;
  readonly rowKey: readonly string[];
}

const orderFields = defineUserFields({ showDeleted: true, isCommonRole: () => true });

/**
 * Reads `order_by` (AIP-132) of a list of people: by id unless it is said.
 * @throws validationFailed
 */
export const readUserOrder = (orderBy: string): Ordering => compileOrderBy(orderFields, orderBy, { unique: 'id' });

/** Asks for people by what callers filter and order by. */
export function createUserLists(db: Queryable) {
  return {
    /**
     * Gives what reads the people of a selection, and what estimates how many they are.
     * @throws validationFailed where the filter cannot be answered
     */
    async select({ filter, ordering, showDeleted }: UserSelection) {
      const where = await toCondition(db, filter, showDeleted);
      return {
        /** At most `limit` people after a place. */
        async page(limit: number, rowKey: readonly string[] | undefined): Promise<readonly ListedUser[]> {
          const after = ordering.after(rowKey, 1 + where.values.length);
          const values = [...where.values, ...after.values, limit];
          const rows = await db.query<UserRow & { page_key: string[] }>({
            name: 'list-users',
            // planned for its values: what serves one status or one beginning of a name is wrong for another
            isPrepared: false,
            text: `select ${userColumns}, ${ordering.rowKey} as page_key from users where ${where.text} and ${after.text} order by ${ordering.text} limit $${values.length}`,
            values,
          });
          return rows.map((row) => ({ user: toUser(row), rowKey: row.page_key }));
        },

        /** How many people the planner thinks there are; nobody is counted. */
        async estimate(): Promise<number> {
          const [row] = await db.query<{ 'QUERY PLAN': readonly { readonly Plan: { readonly 'Plan Rows': number } }[] }>({
            name: 'estimate-users',
            isPrepared: false,
            text: `explain (format json) select from users where ${where.text}`,
            values: where.values,
          });
          return row!['QUERY PLAN'][0]!.Plan['Plan Rows'];
        },
      };
    },
  };
}

async function toCondition(db: Queryable, filter: string, showDeleted: boolean) {
  const isCommonRole = /role/i.test(filter) ? await findCommonRoles(db) : () => true;
  const { text, values } = compileFilter(defineUserFields({ showDeleted, isCommonRole }), filter, 1);
  return { text: showDeleted ? text : `delete_time is null and ${text}`, values };
}

/** Gives which roles the statistics of the last `analyze` know; before the first one, each of them. */
async function findCommonRoles(db: Queryable): Promise<(id: string) => boolean> {
  const [known] = await db.query<{ roles: string[] | null }>({
    name: 'find-common-roles',
    text: `select most_common_elems::text::text[] as roles from pg_stats where schemaname = current_schema() and tablename = 'users' and attname = 'roles'`,
  });
  return (id) => !known || (known.roles ?? []).includes(id);
}
