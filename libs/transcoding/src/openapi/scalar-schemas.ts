import { ScalarType } from '@bufbuild/protobuf';
import type { Schema } from './openapi-document';

const integer = (format: string): Schema => ({ type: 'integer', format });
const unsigned = (format: string): Schema => ({ type: 'integer', format, minimum: 0 });
// no double holds all of them, so they are strings
const big: Schema = { type: 'string', format: 'int64', pattern: '^-?[0-9]+$' };
const unsignedBig: Schema = { type: 'string', format: 'uint64', pattern: '^[0-9]+$' };

const schemas: Readonly<Record<ScalarType, Schema>> = {
  [ScalarType.DOUBLE]: { type: 'number', format: 'double' },
  [ScalarType.FLOAT]: { type: 'number', format: 'float' },
  [ScalarType.INT32]: integer('int32'),
  [ScalarType.SINT32]: integer('int32'),
  [ScalarType.SFIXED32]: integer('int32'),
  [ScalarType.UINT32]: unsigned('uint32'),
  [ScalarType.FIXED32]: unsigned('uint32'),
  [ScalarType.INT64]: big,
  [ScalarType.SINT64]: big,
  [ScalarType.SFIXED64]: big,
  [ScalarType.UINT64]: unsignedBig,
  [ScalarType.FIXED64]: unsignedBig,
  [ScalarType.BOOL]: { type: 'boolean' },
  [ScalarType.STRING]: { type: 'string' },
  [ScalarType.BYTES]: { type: 'string', contentEncoding: 'base64' },
};

/** How canonical JSON writes a scalar. */
export const toScalarSchema = (scalar: ScalarType): Schema => ({ ...schemas[scalar] });
