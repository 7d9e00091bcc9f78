import { defineFields, enumeration, type Field, text, textArray, timestamp, uuid } from '@gatehouse/listing';

// no status
const nobody = '';

export interface UserFieldsOptions {
  /** Whether deleted people are among them. Where they are not, nobody has that status, and no index has to be read to find out. */
  readonly showDeleted: boolean;
  /** Whether so many have a role that the planner's statistics know it. */
  readonly isCommonRole: (id: string) => boolean;
}

/** What people are filtered and ordered by; an index of the migrations serves each of them. */
export function defineUserFields({ showDeleted, isCommonRole }: UserFieldsOptions) {
  return defineFields({
    id: uuid('id', { sortable: true }),
    email: text('email', { ignoreCase: 'ascii', sortable: true }),
    phone: withEmptyAsNone('(phone collate "C")', text('phone')),
    username: text("nullif(username, '')", { ignoreCase: 'ascii' }),
    displayName: name('display_name'),
    givenName: name('given_name'),
    familyName: name('family_name'),
    status: status({ USER_STATUS_ACTIVE: 'active', USER_STATUS_SUSPENDED: 'suspended', USER_STATUS_DELETED: showDeleted ? 'deleted' : nobody }),
    roleIds: roles(isCommonRole),
    createTime: timestamp('create_time', { sortable: true }),
    updateTime: timestamp('update_time', { sortable: true }),
    deleteTime: timestamp('delete_time'),
    purgeTime: timestamp('purge_time'),
  });
}

function name(column: string): Field {
  return withEmptyAsNone(`(lower(${column}) collate "C")`, text(column, { ignoreCase: 'all', sortable: true }));
}

/** A text that is empty where it is not known: `:*` asks whether it is, of the range of an index on `key`, which `<>` would not be. */
function withEmptyAsNone(key: string, field: Field): Field {
  return {
    ...field,
    compare(comparison, bind) {
      const condition = field.compare(comparison, bind);
      return comparison.operator === ':' ? `(${key} > '')` : condition;
    },
  };
}

/**
 * The roles. A role that statistics do not know, the planner takes for that of one in two hundred, and would walk through everybody for the few
 * who have it: asked for in two ways, it is taken for that of one in forty thousand, and read from its index.
 */
function roles(isCommonRole: UserFieldsOptions['isCommonRole']): Field {
  const field = textArray('roles');
  return {
    compare(comparison, bind) {
      let again = '';
      const condition = field.compare(comparison, (value) => {
        const placeholder = bind(value);
        if (!isCommonRole(String(value))) again = ` and roles && array[${placeholder}::text]`;
        return placeholder;
      });
      return again ? `(${condition}${again})` : condition;
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
