import { type DescField, type FileRegistry, getOption } from '@bufbuild/protobuf';

// numbers of google.api.FieldBehavior
const behaviors = { REQUIRED: 2, OUTPUT_ONLY: 3, INPUT_ONLY: 4, IMMUTABLE: 5, IDENTIFIER: 8 } as const;
export type FieldBehavior = keyof typeof behaviors;

// asked of each request, and options are decoded anew each time
const known = new WeakMap<DescField, readonly number[]>();

/** Whether the contract says so of the field (AIP-203). */
export function hasBehavior(field: DescField, behavior: FieldBehavior, registry: FileRegistry): boolean {
  let found = known.get(field);
  if (!found) {
    const option = registry.getExtension('google.api.field_behavior');
    found = option ? (getOption(field, option) as number[]) : [];
    known.set(field, found);
  }
  return found.includes(behaviors[behavior]);
}
