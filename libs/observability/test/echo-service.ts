import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema, file_google_protobuf_wrappers, MethodOptions_IdempotencyLevel, type StringValue, StringValueSchema } from '@bufbuild/protobuf/wkt';
import { createChannel, createClient, type RpcService } from '@gatehouse/rpc';
import { startTestServer } from '@gatehouse/rpc/testing';
import type { Observability } from '../src';

const text = '.google.protobuf.StringValue';
const file = create(FileDescriptorProtoSchema, {
  name: 'echo/v1/echo.proto',
  package: 'echo.v1',
  syntax: 'proto3',
  dependency: ['google/protobuf/wrappers.proto'],
  service: [{ name: 'EchoService', method: [{ name: 'Echo', inputType: text, outputType: text, options: { idempotencyLevel: MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS } }] }],
});
const descriptorSets = [toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [file_google_protobuf_wrappers.proto, file] }))];

const type = {
  encode: (message: StringValue, writer = new BinaryWriter()) => writer.raw(toBinary(StringValueSchema, message)),
  decode: (input: Uint8Array | BinaryReader) => fromBinary(StringValueSchema, input instanceof BinaryReader ? input.bytes() : input),
  fromPartial: (message: { value?: string }) => create(StringValueSchema, message),
};
const definition = {
  fullName: 'echo.v1.EchoService',
  methods: { echo: { name: 'Echo', requestType: type, requestStream: false, responseType: type, responseStream: false } },
} as const;

export const echoPath = 'echo.v1.EchoService/Echo';

/** Serves the one RPC over a real socket, watched by `observability`. */
export function serveEcho(echo: RpcService<typeof definition>['echo'], { rpc }: Pick<Observability, 'rpc'>) {
  return startTestServer(definition, { echo }, { descriptorSets, observer: rpc });
}

/** A client of it, watched by `observability`. */
export function connectEcho(target: string, { rpc }: Pick<Observability, 'rpc'>) {
  const channel = createChannel({ target, descriptorSets, observer: rpc });
  const client = createClient(definition, channel);
  return { echo: (value: string, metadata?: Readonly<Record<string, string>>) => client.echo({ value }, { metadata }), close: () => channel.close() };
}
