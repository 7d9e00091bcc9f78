import { compileFilter, compileOrderBy, type Ordering } from '@gatehouse/listing';
import type { Queryable } from '@gatehouse/postgres';
import type { User } from '../user';
import { undeletedUserFields, userFields } from './user-fields';
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

/**
 * Reads `order_by` (AIP-132) of a list of people: by id unless it is said.
 * @throws validationFailed
 */
export const readUserOrder = (orderBy: string): Ordering => compileOrderBy(userFields, orderBy, { unique: 'id' });

/** Asks for people by what callers filter and order by. */
export function createUserLists(db: Queryable) {
  return {
    /**
     * At most `limit` people after a place.
     * @throws validationFailed where the filter cannot be answered
     */
    async list({ filter, ordering, showDeleted }: UserSelection, limit: number, rowKey: readonly string[] | undefined): Promise<readonly ListedUser[]> {
      const where = toCondition(filter, showDeleted, 2);
      const after = ordering.after(rowKey, 2 + where.values.length);
      const rows = await db.query<UserRow & { page_key: string[] }>({
        name: 'list-users',
        // planned for its values: what serves one status or one beginning of a name is wrong for another
        isPrepared: false,
        text: `select ${userColumns}, ${ordering.rowKey} as page_key from users where ${where.text} and ${after.text} order by ${ordering.text} limit $1`,
        values: [limit, ...where.values, ...after.values],
      });
      return rows.map((row) => ({ user: toUser(row), rowKey: row.page_key }));
    },

    /**
     * How many people the planner thinks there are; nobody is counted.
     * @throws validationFailed where the filter cannot be answered
     */
    async estimate({ filter, showDeleted }: UserSelection): Promise<number> {
      const where = toCondition(filter, showDeleted, 1);
      const [row] = await db.query<{ 'QUERY PLAN': readonly { readonly Plan: { readonly 'Plan Rows': number } }[] }>({
        name: 'estimate-users',
        isPrepared: false,
        text: `explain (format json) select from users where ${where.text}`,
        values: where.values,
      });
      return row!['QUERY PLAN'][0]!.Plan['Plan Rows'];
    },
  };
}

function toCondition(filter: string, showDeleted: boolean, start: number) {
  const { text, values } = compileFilter(showDeleted ? userFields : undeletedUserFields, filter, start);
  return { text: showDeleted ? text : `delete_time is null and ${text}`, values };
}
