import { createFileRegistry, type DescMethod, fromBinary, type Message, ScalarType } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { Database, Queryable } from '@gatehouse/postgres';
import { toCanonicalBytes } from './canonical-request';
import type { Idempotency } from './idempotency';
import { findSensitivePath } from './stored-answer';

/** What ts-proto generates for a message. */
interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}
interface Method<Request, Response> {
  readonly name: string;
  readonly requestType: Codec<Request>;
  readonly requestStream: boolean;
  readonly responseType: Codec<Response>;
  readonly responseStream: boolean;
}
/** A ts-proto generic service definition. */
interface Definition {
  readonly fullName: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly methods: Readonly<Record<string, Method<any, any>>>;
}
/** What is asked of a call: its request as a protobuf-es message. */
interface Call {
  readonly message: Message;
}
type RequestOf<M> = M extends { requestType: Codec<infer T> } ? T : never;
type ResponseOf<M> = M extends { responseType: Codec<infer T> } ? T : never;
/** The methods that have one request, with a request_id, and one response. */
type WriteOf<D extends Definition> = {
  [K in keyof D['methods']]: D['methods'][K] extends { requestStream: false; responseStream: false }
    ? RequestOf<D['methods'][K]> extends { requestId: string }
      ? K
      : never
    : never;
}[keyof D['methods']];

export interface WritesOptions<D extends Definition, C extends Call> {
  database: Pick<Database, 'transaction'>;
  idempotency: Idempotency;
  definition: D;
  /** The contract of the definition. */
  descriptorSet: Uint8Array;
  /** By what name the caller is known: `user:<id>`. Request ids of two callers have nothing to do with each other. */
  toPrincipal: (call: C) => string;
}

/**
 * Makes the handler of a method that writes: `run` in a transaction, once for a request_id (AIP-155). Its answer is stored in
 * that transaction and given to each repetition. Nothing that `run` does may have an effect outside of `tx`: of a request with
 * `validate_only` (AIP-163) the transaction is rolled back, and its answer given all the same.
 * @throws Error at once for a method whose answer must not be stored. What it gives throws as `Idempotency.once`.
 */
export type Write<D extends Definition, C extends Call> = <K extends WriteOf<D>>(
  name: K,
  run: (request: RequestOf<D['methods'][K]>, call: C, tx: Queryable) => Promise<ResponseOf<D['methods'][K]>>,
) => (request: RequestOf<D['methods'][K]>, call: C) => Promise<ResponseOf<D['methods'][K]>>;

/** Gives a service its one way to write. @throws Error when the descriptor set does not have the service */
export function createWrites<D extends Definition, C extends Call>({
  database,
  idempotency,
  definition,
  descriptorSet,
  toPrincipal,
}: WritesOptions<D, C>): Write<D, C> {
  const service = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet)).getService(definition.fullName);
  if (!service) throw new Error(`${definition.fullName} is not in the descriptor set`);
  return (name, run) => {
    const { name: methodName, responseType } = definition.methods[name as string]!;
    const method = `${definition.fullName}/${methodName}`;
    const { input } = requireStorable(
      method,
      service.methods.find((each) => each.name === methodName),
    );
    return async (request, call) => {
      const { requestId } = request as { requestId: string };
      const key = { principal: toPrincipal(call), method, requestId };
      // two strangers must not share an answer
      if (requestId && !key.principal) throw new Error(`${method} keeps its answers by caller, and does not know this one`);
      if ((request as { validateOnly?: boolean }).validateOnly) return database.transaction((tx) => run(request, call, tx), { isRolledBack: true });
      const bytes = requestId ? toCanonicalBytes(input, call.message) : new Uint8Array();
      const answer = await database.transaction((tx) =>
        idempotency.once(tx, key, bytes, async () => responseType.encode(await run(request, call, tx)).finish()),
      );
      return responseType.decode(answer);
    };
  };
}

/** @throws Error for a method whose request has no request_id, or whose answer must not be stored */
function requireStorable(path: string, method: DescMethod | undefined): DescMethod {
  const field = method?.input.fields.find(({ name }) => name === 'request_id');
  if (!method || field?.fieldKind !== 'scalar' || field.scalar !== ScalarType.STRING) throw new Error(`${path} has no request_id`);
  const sensitive = findSensitivePath(method.output);
  if (sensitive) throw new Error(`${path} answers with ${sensitive}, which must not be stored: its answer cannot be kept for a repetition`);
  return method;
}
