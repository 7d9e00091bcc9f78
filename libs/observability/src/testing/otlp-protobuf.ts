import { create, createFileRegistry, type DescMessage, fromBinary, toJson } from '@bufbuild/protobuf';
import { FieldDescriptorProto_Label, FieldDescriptorProto_Type, FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { OtlpRequest } from './otlp-json';

const { STRING, BYTES, BOOL, INT32, INT64, DOUBLE, FIXED64, FIXED32, MESSAGE } = FieldDescriptorProto_Type;

// What of opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest a test may look at: name, number, type; `*` for a list.
// Enums are read as the numbers that they are on the wire.
const messages: Readonly<Record<string, readonly (readonly [name: string, number: number, type: FieldDescriptorProto_Type | string])[]>> = {
  Request: [['resource_spans', 1, '*ResourceSpans']],
  ResourceSpans: [
    ['resource', 1, 'Resource'],
    ['scope_spans', 2, '*ScopeSpans'],
  ],
  Resource: [['attributes', 1, '*KeyValue']],
  ScopeSpans: [['spans', 2, '*Span']],
  Span: [
    ['trace_id', 1, BYTES],
    ['span_id', 2, BYTES],
    ['trace_state', 3, STRING],
    ['parent_span_id', 4, BYTES],
    ['name', 5, STRING],
    ['kind', 6, INT32],
    ['start_time_unix_nano', 7, FIXED64],
    ['end_time_unix_nano', 8, FIXED64],
    ['attributes', 9, '*KeyValue'],
    ['events', 11, '*Event'],
    ['links', 13, '*Link'],
    ['status', 15, 'Status'],
    ['flags', 16, FIXED32],
  ],
  Event: [
    ['name', 2, STRING],
    ['attributes', 3, '*KeyValue'],
  ],
  Link: [
    ['trace_id', 1, BYTES],
    ['span_id', 2, BYTES],
  ],
  Status: [
    ['message', 2, STRING],
    ['code', 3, INT32],
  ],
  KeyValue: [
    ['key', 1, STRING],
    ['value', 2, 'AnyValue'],
  ],
  AnyValue: [
    ['string_value', 1, STRING],
    ['bool_value', 2, BOOL],
    ['int_value', 3, INT64],
    ['double_value', 4, DOUBLE],
    ['array_value', 5, 'ArrayValue'],
  ],
  ArrayValue: [['values', 1, '*AnyValue']],
};

const requestType = readType();

function readType(): DescMessage {
  const messageType = Object.entries(messages).map(([name, fields]) => ({
    name,
    field: fields.map(([field, number, type]) => ({
      name: field,
      jsonName: field.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      number,
      type: typeof type === 'string' ? MESSAGE : type,
      label: typeof type === 'string' && type.startsWith('*') ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL,
      ...(typeof type === 'string' ? { typeName: `.otlp.${type.replace('*', '')}` } : {}),
      // a value is one of these, and 0, false and '' are values
      ...(name === 'AnyValue' ? { oneofIndex: 0 } : {}),
    })),
    oneofDecl: name === 'AnyValue' ? [{ name: 'value' }] : [],
  }));
  const file = create(FileDescriptorProtoSchema, { name: 'otlp.proto', package: 'otlp', syntax: 'proto3', messageType });
  return createFileRegistry(create(FileDescriptorSetSchema, { file: [file] })).getMessage('otlp.Request')!;
}

/** An export request in protobuf, as its JSON form. @throws where it is none */
export function readOtlpProtobuf(bytes: Uint8Array): OtlpRequest {
  const request = toJson(requestType, fromBinary(requestType, bytes)) as unknown as OtlpRequest;
  const toHex = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text, 'base64').toString('hex'));
  for (const { scopeSpans = [] } of request.resourceSpans ?? [])
    for (const span of scopeSpans.flatMap(({ spans = [] }) => spans))
      for (const named of [span, ...(span.links ?? [])] as Record<string, unknown>[])
        for (const name of ['traceId', 'spanId', 'parentSpanId']) named[name] = toHex(named[name] as string | undefined);
  return request;
}
