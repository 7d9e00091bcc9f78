import { create, createFileRegistry, fromBinary, getOption, type DescMethod, type FileRegistry } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorSetSchema, MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { long_lived as longLived } from '@gatehouse/contracts/api';
import type { ErrorDeclaration } from '@gatehouse/errors';
import { readErrors } from './error-reasons';

/** A method of a contract, as interceptors and clients know it. */
export interface RpcMethod {
  /** `gatehouse.user.v1.UserService/GetUser`, without a leading slash. */
  readonly path: string;
  /** `gatehouse.user.v1.UserService`. */
  readonly service: string;
  /** `GetUser`. */
  readonly name: string;
  readonly descriptor: DescMethod;
  /** The contract says that a repetition does no harm (`idempotency_level`). */
  readonly idempotent: boolean;
  /** The caller sends any number of requests. */
  readonly requestStream: boolean;
  /** The answer is any number of responses. */
  readonly responseStream: boolean;
  /** The contract says that it goes on until somebody ends it (`long_lived`): it has no deadline, but an idle limit. */
  readonly isLongLived: boolean;
  /** The errors that the contract lets it raise, beside the platform's; undefined where no contract declares any. */
  readonly errors: readonly ErrorDeclaration[] | undefined;
}

/** What a call needs to know of its method. */
export type RpcMethodName = Pick<RpcMethod, 'path' | 'service' | 'name'>;

// a registry of all contracts takes 5 MB, and several parts of a process ask for that of the same set
const registries = new WeakMap<Uint8Array, FileRegistry>();

/** One registry of several descriptor sets; a file that more than one holds counts once. Who asks again for that of a single set is given the same. */
export function createRegistryOf(descriptorSets: readonly Uint8Array[]): FileRegistry {
  const [set, ...others] = descriptorSets;
  const only = others.length ? undefined : set;
  const registry = (only && registries.get(only)) ?? createFileRegistry(create(FileDescriptorSetSchema, { file: [...readFiles(descriptorSets).values()] }));
  if (only) registries.set(only, registry);
  return registry;
}

/** The file descriptors of several sets by name, each as it was first met. */
export function readFiles(descriptorSets: readonly Uint8Array[]): ReadonlyMap<string, FileDescriptorProto> {
  const files = new Map<string, FileDescriptorProto>();
  for (const set of descriptorSets) for (const file of fromBinary(FileDescriptorSetSchema, set).file) if (!files.has(file.name)) files.set(file.name, file);
  return files;
}

/** Every method of every service in the descriptor sets. */
export function readMethods(descriptorSets: readonly Uint8Array[]): readonly RpcMethod[] {
  return methodsOf(createRegistryOf(descriptorSets));
}

/** Every method of every service in a registry. @throws Error for one that names a reason that its contract has not */
export function methodsOf(registry: FileRegistry): readonly RpcMethod[] {
  const errors = readErrors(registry);
  return [...registry.files]
    .flatMap((file) => file.services)
    .flatMap((service) => service.methods)
    .map((descriptor) => ({
      path: `${descriptor.parent.typeName}/${descriptor.name}`,
      service: descriptor.parent.typeName,
      name: descriptor.name,
      descriptor,
      idempotent: descriptor.idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN,
      requestStream: descriptor.methodKind === 'client_streaming' || descriptor.methodKind === 'bidi_streaming',
      responseStream: descriptor.methodKind === 'server_streaming' || descriptor.methodKind === 'bidi_streaming',
      isLongLived: getOption(descriptor, longLived),
      errors: errors.ofMethod(descriptor),
    }));
}
