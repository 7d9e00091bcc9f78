import { type DescField, type FileRegistry, getOption } from '@bufbuild/protobuf';

// google.api.FieldBehavior
const [required, outputOnly, inputOnly, immutable] = [2, 3, 4, 5];

/** What google.api.field_behavior says of a field (AIP-203). */
export interface FieldBehavior {
  readonly isRequired: boolean;
  readonly isOutputOnly: boolean;
  readonly isInputOnly: boolean;
  readonly isImmutable: boolean;
}

/** Reads the behavior of a field. */
export function readFieldBehavior(field: DescField, registry: FileRegistry): FieldBehavior {
  const extension = registry.getExtension('google.api.field_behavior');
  const values = extension ? (getOption(field, extension) as number[]) : [];
  return {
    isRequired: values.includes(required),
    isOutputOnly: values.includes(outputOnly),
    isInputOnly: values.includes(inputOnly),
    isImmutable: values.includes(immutable),
  };
}
