import { type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** Whether a serialized request has a `request_id` (AIP-155): its other fields are passed over unread. */
export function hasRequestId(schema: DescMessage, request: Uint8Array): boolean {
  const field = schema.fields.find(({ name }) => name === 'request_id');
  if (field?.fieldKind !== 'scalar' || field.scalar !== ScalarType.STRING) return false;
  const reader = new BinaryReader(request);
  let length = 0;
  try {
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag();
      // of several values the last one counts
      if (number === field.number && type === WireType.LengthDelimited) length = reader.bytes().length;
      else reader.skip(type, number);
    }
  } catch {
    return false; // its service will not be able to read it either
  }
  return length > 0;
}
