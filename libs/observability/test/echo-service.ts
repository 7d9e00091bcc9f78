import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_wrappers,
  MethodOptions_IdempotencyLevel,
  type StringValue,
  StringValueSchema,
} from '@bufbuild/protobuf/wkt';
import { createChannel, createClient, type RpcCallOptions, type RpcServerOptions, type RpcService } from '@gatehouse/rpc';
import { startTestServer } from '@gatehouse/rpc/testing';
import type { Observability } from '../src';

const text = '.google.protobuf.StringValue';
const file = create(FileDescriptorProtoSchema, {
  name: 'echo/v1/echo.proto',
  package: 'echo.v1',
  syntax: 'proto3',
  dependency: ['google/protobuf/wrappers.proto'],
  service: [
    {
      name: 'EchoService',
      method: [
        { name: 'Echo', inputType: text, outputType: text, options: { idempotencyLevel: MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS } },
        { name: 'Watch', inputType: text, outputType: text, serverStreaming: true },
        { name: 'Gather', inputType: text, outputType: text, clientStreaming: true },
        { name: 'Converse', inputType: text, outputType: text, clientStreaming: true, serverStreaming: true },
      ],
    },
  ],
});
const descriptorSets = [toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [file_google_protobuf_wrappers.proto, file] }))];

const type = {
  encode: (message: StringValue, writer = new BinaryWriter()) => writer.raw(toBinary(StringValueSchema, message)),
  decode: (input: Uint8Array | BinaryReader) => fromBinary(StringValueSchema, input instanceof BinaryReader ? input.bytes() : input),
  fromPartial: (message: { value?: string }) => create(StringValueSchema, message),
};
const definition = {
  fullName: 'echo.v1.EchoService',
  methods: {
    echo: { name: 'Echo', requestType: type, requestStream: false, responseType: type, responseStream: false },
    watch: { name: 'Watch', requestType: type, requestStream: false, responseType: type, responseStream: true },
    gather: { name: 'Gather', requestType: type, requestStream: true, responseType: type, responseStream: false },
    converse: { name: 'Converse', requestType: type, requestStream: true, responseType: type, responseStream: true },
  },
} as const;

export const echoPath = 'echo.v1.EchoService/Echo';
export type EchoService = RpcService<typeof definition>;

/** Serves the RPCs over a real socket, watched by `observability`; each says what it was told. */
export function serveEcho(
  echo: EchoService['echo'],
  { rpc }: Pick<Observability, 'rpc'>,
  others: Partial<EchoService> = {},
  options: Partial<RpcServerOptions> = {},
) {
  const service: EchoService = {
    echo,
    async *watch(request) {
      yield request;
      yield request;
    },
    async gather(requests) {
      let last = create(StringValueSchema);
      for await (const request of requests) last = request;
      return last;
    },
    converse: (requests) => requests,
    ...others,
  };
  return startTestServer(definition, service, { descriptorSets, observer: rpc, ...options });
}

/** A client of it, watched by `observability`. */
export function connectEcho(target: string, { rpc }: Pick<Observability, 'rpc'>) {
  const channel = createChannel({ target, descriptorSets, observer: rpc });
  const client = createClient(definition, channel);
  return { ...client, echo: (value: string, options?: RpcCallOptions) => client.echo({ value }, options), close: () => channel.close() };
}
