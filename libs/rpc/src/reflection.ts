import { create, fromBinary, toBinary, type DescFile, type FileRegistry } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { type handleBidiStreamingCall, type Server, status } from '@grpc/grpc-js';
import {
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from './gen/grpc/reflection/v1/reflection_pb';

type Answer = ServerReflectionResponse['messageResponse'];

export interface Reflection {
  /** Ends every stream, so that a drain need not wait for them. */
  close(): void;
}

/**
 * Serves grpc.reflection.v1 and v1alpha, whose messages are the same on the wire, from descriptors as they were built,
 * options included.
 */
export function addReflection(
  server: Server,
  files: ReadonlyMap<string, FileDescriptorProto>,
  registry: FileRegistry,
  services: readonly string[],
): Reflection {
  const answer = createAnswer(files, registry, services);
  const open = new Set<() => void>();
  const handler: handleBidiStreamingCall<Buffer, Buffer> = (stream) => {
    const end = () => stream.end();
    open.add(end);
    stream.on('cancelled', () => open.delete(end));
    stream.on('data', (bytes: Buffer) => {
      let request: ServerReflectionRequest;
      try {
        request = fromBinary(ServerReflectionRequestSchema, bytes);
      } catch {
        stream.emit('error', { code: status.INVALID_ARGUMENT, details: 'the request could not be read' });
        return;
      }
      const response = create(ServerReflectionResponseSchema, { validHost: request.host, originalRequest: request, messageResponse: answer(request) });
      stream.write(Buffer.from(toBinary(ServerReflectionResponseSchema, response)));
    });
    stream.on('end', end);
  };
  for (const version of ['v1', 'v1alpha'])
    server.addService(
      {
        ServerReflectionInfo: {
          path: `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
          requestStream: true,
          responseStream: true,
          requestSerialize: same,
          requestDeserialize: same,
          responseSerialize: same,
          responseDeserialize: same,
        },
      },
      { ServerReflectionInfo: handler },
    );
  return { close: () => open.forEach((end) => end()) };
}

const same = (bytes: Buffer) => bytes;
const notFound: Answer = {
  case: 'errorResponse',
  value: { $typeName: 'grpc.reflection.v1.ErrorResponse', errorCode: status.NOT_FOUND, errorMessage: 'not found' },
};

function createAnswer(files: ReadonlyMap<string, FileDescriptorProto>, registry: FileRegistry, services: readonly string[]) {
  const withImports = (name: string, seen = new Set<string>()): Set<string> => {
    if (!seen.has(name)) {
      seen.add(name);
      files.get(name)?.dependency.forEach((dependency) => withImports(dependency, seen));
    }
    return seen;
  };
  const toFiles = (name: string | undefined): Answer =>
    name === undefined || !files.has(name)
      ? notFound
      : {
          case: 'fileDescriptorResponse',
          value: {
            $typeName: 'grpc.reflection.v1.FileDescriptorResponse',
            fileDescriptorProto: [...withImports(name)].flatMap((each) => files.get(each) ?? []).map((file) => toBinary(FileDescriptorProtoSchema, file)),
          },
        };
  // a method, field or value is found by the type it belongs to
  const findFile = (symbol: string): DescFile | undefined => (registry.get(symbol) ?? registry.get(symbol.slice(0, symbol.lastIndexOf('.'))))?.file;

  return ({ messageRequest: request }: ServerReflectionRequest): Answer => {
    switch (request.case) {
      case 'listServices':
        return {
          case: 'listServicesResponse',
          value: {
            $typeName: 'grpc.reflection.v1.ListServiceResponse',
            service: services.map((name) => ({ $typeName: 'grpc.reflection.v1.ServiceResponse', name })),
          },
        };
      case 'fileByFilename':
        return toFiles(request.value);
      case 'fileContainingSymbol':
        return toFiles(findFile(request.value)?.proto.name);
      case 'fileContainingExtension': {
        const message = registry.getMessage(request.value.containingType);
        return toFiles(message && registry.getExtensionFor(message, request.value.extensionNumber)?.file.proto.name);
      }
      case 'allExtensionNumbersOfType': {
        const extensionNumber = [...registry].flatMap((type) => (type.kind === 'extension' && type.extendee.typeName === request.value ? [type.number] : []));
        return {
          case: 'allExtensionNumbersResponse',
          value: { $typeName: 'grpc.reflection.v1.ExtensionNumberResponse', baseTypeName: request.value, extensionNumber },
        };
      }
      default:
        return notFound;
    }
  };
}
