import type { DescEnum, DescField, DescMessage, FileRegistry } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { hasBehavior } from '../field-behavior';
import { commentOf } from './comments';
import { toChoiceKeywords } from './choice-keywords';
import { readFieldRules, readMessageNotes } from './field-rules';
import { isRequired } from './is-required';
import type { Schema } from './openapi-document';
import { toFieldKeywords } from './rule-keywords';
import { toScalarSchema } from './scalar-schemas';
import { createSchemaNames } from './schema-names';
import { findWellKnownSchema } from './well-known-schemas';

/** Which way a value goes. What only requests hold is closed: what the contract does not name is refused. */
export type Direction = 'request' | 'response';

export interface ObjectOptions {
  /** Paths of fields that are said elsewhere, in proto names; of these, an identifier may be there too, and counts for nothing. */
  readonly without?: readonly string[];
  /** Nothing need be there, as in a PATCH. */
  readonly isPartial?: boolean;
  readonly isClosed?: boolean;
}

/** The schemas of a contract's types. */
export interface MessageSchemas {
  ofMessage(message: DescMessage, direction: Direction): Schema;
  ofField(field: DescField, direction: Direction): Schema;
  /** A message in full, for the one place where it differs from what it is elsewhere. */
  ofObject(message: DescMessage, direction: Direction, options: ObjectOptions): Schema;
  /** Makes a schema a component of that name. */
  named(name: string, schema: Schema): Schema;
  isRequired(field: DescField): boolean;
  /** Everything that was referred to so far, by name. */
  components(): Record<string, Schema>;
}

/** Makes schemas of messages in canonical JSON; each type becomes a component when it is first referred to. */
export function createMessageSchemas(registry: FileRegistry): MessageSchemas {
  const nameOf = createSchemaNames(registry);
  const components = new Map<string, Schema>();
  const directions = new Map<string, Set<Direction>>();

  const isFieldRequired = (field: DescField) => {
    if (hasBehavior(field, 'REQUIRED', registry)) return true;
    return !hasBehavior(field, 'OUTPUT_ONLY', registry) && isRequired(field, readFieldRules(field, registry));
  };

  const ofEnum = (type: DescEnum): Schema => {
    if (type.typeName === 'google.protobuf.NullValue') return { type: 'null' };
    const name = nameOf(type);
    if (!components.has(name)) {
      const lines = type.values.flatMap((value) => (commentOf(value) ? [`- \`${value.name}\`: ${commentOf(value).replaceAll('\n', ' ')}`] : []));
      const description = [commentOf(type), lines.join('\n')].filter(Boolean).join('\n\n');
      components.set(name, {
        type: 'string',
        enum: type.values.map((value) => value.name),
        ...(description ? { description } : {}),
        ...(type.deprecated ? { deprecated: true } : {}),
      });
    }
    return { $ref: `#/components/schemas/${name}` };
  };

  const ofMessage = (message: DescMessage, direction: Direction): Schema => {
    const known = findWellKnownSchema(message);
    if (known) return known;
    const name = nameOf(message);
    const seen = directions.get(name) ?? new Set();
    directions.set(name, seen);
    if (!seen.has(direction)) {
      // before its fields: one of them may be of the same type
      seen.add(direction);
      components.set(name, ofObject(message, direction, {}));
    }
    return { $ref: `#/components/schemas/${name}` };
  };

  const ofValue = (field: DescField, direction: Direction): Schema => {
    if (field.enum) return ofEnum(field.enum);
    return field.message ? ofMessage(field.message, direction) : toScalarSchema(field.scalar!);
  };

  const ofField = (field: DescField, direction: Direction, value = ofValue(field, direction)): Schema => {
    const { keywords, notes } = toFieldKeywords(field, readFieldRules(field, registry), registry);
    const { items, propertyNames, additionalProperties, ...own } = keywords;
    const shape: Schema =
      field.fieldKind === 'list'
        ? { type: 'array', items: { ...value, ...items } }
        : field.fieldKind === 'map'
          ? { type: 'object', ...toKeySchema(field, propertyNames as Schema), additionalProperties: { ...value, ...(additionalProperties as Schema) } }
          : value;
    const description = [commentOf(field) || shape.description, ...notes, hasBehavior(field, 'IMMUTABLE', registry) ? 'Cannot be changed once it is set.' : '']
      .filter(Boolean)
      .join('\n\n');
    return {
      ...shape,
      ...own,
      ...(description ? { description } : {}),
      ...(hasBehavior(field, 'OUTPUT_ONLY', registry) ? { readOnly: true } : {}),
      ...(hasBehavior(field, 'INPUT_ONLY', registry) ? { writeOnly: true } : {}),
      ...(field.deprecated ? { deprecated: true } : {}),
    };
  };

  const ofObject = (message: DescMessage, direction: Direction, { without = [], isPartial = false, isClosed = false }: ObjectOptions): Schema => {
    const isIdentifier = (field: DescField) => hasBehavior(field, 'IDENTIFIER', registry);
    const fields = message.fields.filter((field) => !without.includes(field.name) || isIdentifier(field));
    const properties = fields.map((field) => {
      const inner = without.flatMap((path) => (path.startsWith(`${field.name}.`) ? [path.slice(field.name.length + 1)] : []));
      const isCut = inner.length > 0 && field.fieldKind === 'message';
      return [
        field.jsonName,
        isCut ? ofField(field, direction, ofObject(field.message, direction, { without: inner, isPartial, isClosed })) : ofField(field, direction),
      ] as const;
    });
    const required = isPartial ? [] : fields.filter((field) => !without.includes(field.name) && isFieldRequired(field)).map(({ jsonName }) => jsonName);
    const choices = toChoiceKeywords(message, fields, registry);
    const description = [commentOf(message), ...readMessageNotes(message, registry), ...choices.notes].filter(Boolean).join('\n\n');
    return {
      type: 'object',
      ...(description ? { description } : {}),
      properties: Object.fromEntries(properties),
      ...(required.length ? { required } : {}),
      ...(isPartial ? {} : choices.keywords),
      ...(isClosed ? { additionalProperties: false } : {}),
      ...(message.deprecated ? { deprecated: true } : {}),
    };
  };

  return {
    ofMessage,
    ofField: (field, direction) => ofField(field, direction),
    ofObject,
    named(name, schema) {
      components.set(name, schema);
      return { $ref: `#/components/schemas/${name}` };
    },
    isRequired: isFieldRequired,
    components() {
      const isClosed = (name: string) => directions.get(name)?.has('response') === false;
      const entries = [...components].map(([name, schema]): [string, Schema] => [name, isClosed(name) ? { ...schema, additionalProperties: false } : schema]);
      return Object.fromEntries(entries);
    },
  };
}

/** Keys are strings in JSON, whatever they are in the contract. */
function toKeySchema(field: DescField & { fieldKind: 'map' }, rules: Schema | undefined): Schema {
  const key = toScalarSchema(field.mapKey);
  const own: Schema =
    field.mapKey === ScalarType.BOOL
      ? { enum: ['true', 'false'] }
      : field.mapKey === ScalarType.STRING
        ? {}
        : { pattern: key.type === 'string' ? key.pattern! : key.minimum === 0 ? '^[0-9]+$' : '^-?[0-9]+$' };
  // bounds of a number say nothing of its text
  const names = { ...own, ...(field.mapKey === ScalarType.STRING ? rules : {}) };
  return Object.keys(names).length ? { propertyNames: { type: 'string', ...names } } : {};
}
