import { defineFields, enumeration, type Field, type Fields, text, textArray, timestamp, uuid } from '@gatehouse/listing';

// no status
const nobody = '';

/** What people are filtered and ordered by; an index of the migrations serves each of them. */
export const userFields = defineUserFields('deleted');

/** The same where deleted people are left out: nobody has that status, and no index has to be read to find out. */
export const undeletedUserFields = defineUserFields(nobody);

function defineUserFields(deleted: string): Fields {
  return defineFields({
    id: uuid('id', { sortable: true }),
    email: text('email', { ignoreCase: 'ascii', sortable: true }),
    phone: withEmptyAsNone('phone', text('phone')),
    username: text("nullif(username, '')", { ignoreCase: 'ascii' }),
    displayName: name('display_name'),
    givenName: name('given_name'),
    familyName: name('family_name'),
    status: status({ USER_STATUS_ACTIVE: 'active', USER_STATUS_SUSPENDED: 'suspended', USER_STATUS_DELETED: deleted }),
    roleIds: textArray('roles'),
    createTime: timestamp('create_time', { sortable: true }),
    updateTime: timestamp('update_time', { sortable: true }),
    deleteTime: timestamp('delete_time'),
    purgeTime: timestamp('purge_time'),
  });
}

function name(column: string): Field {
  return withEmptyAsNone(column, text(column, { ignoreCase: 'all', sortable: true }));
}

/** A text that is empty where it is not known: `:*` asks whether it is. */
function withEmptyAsNone(column: string, field: Field): Field {
  return {
    ...field,
    compare(comparison, bind) {
      const condition = field.compare(comparison, bind);
      return comparison.operator === ':' ? `(${column} <> '')` : condition;
    },
  };
}

/** The status, of which "another than this" is "one of the others", which its index finds. */
function status(values: Readonly<Record<string, string>>): Field {
  const expression = "(case when delete_time is null then status else 'deleted' end)";
  const field = enumeration(expression, values);
  return {
    compare(comparison, bind) {
      if (comparison.operator !== '!=') return field.compare(comparison, bind);
      const placeholders: string[] = [];
      field.compare(comparison, (value) => {
        for (const other of Object.values(values)) if (other !== value && other !== nobody) placeholders.push(bind(other));
        return '';
      });
      return `(${expression} in (${placeholders.join(', ')}))`;
    },
  };
}
