import { create, type DescField, type DescMessage, getOption, type Message, toBinary, toJson } from '@bufbuild/protobuf';
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect';
import { canonical_form as canonicalForm, CanonicalForm, personal, sensitive } from '@gatehouse/contracts/api';
import { descriptorSet as authContract } from '@gatehouse/contracts/auth';
import { descriptorSet as userContract } from '@gatehouse/contracts/user';
import { descriptorSet as verifierContract } from '@gatehouse/contracts/verifier';
import { readMethods, type RpcMethod } from '@gatehouse/rpc';
import { randomBytes, randomUUID } from 'node:crypto';

/** Every method of the three contracts. */
export const methods: readonly RpcMethod[] = readMethods([userContract, authContract, verifierContract]).filter(({ service }) =>
  service.startsWith('gatehouse.'),
);

/** Whether nobody but who is concerned may read a field. */
export const isMarked = (field: DescField): boolean => getOption(field, sensitive) || getOption(field, personal);

/** A request with a value in each field that can be found wherever it gets to, if the field is marked. */
export interface MarkedRequest {
  readonly bytes: Uint8Array;
  readonly json: Record<string, unknown>;
  /** What must be found nowhere. */
  readonly canaries: readonly string[];
}

/** Makes requests of a method from its descriptor: good ones, or such as break the rules of each marked field. */
export function toMarkedRequest({ descriptor: { input } }: RpcMethod, kind: 'good' | 'bad'): MarkedRequest {
  const canaries: string[] = [];
  const message = fill(input, (field) => {
    const canary = `canary${randomBytes(6).toString('hex')}`;
    canaries.push(canary);
    const text = getOption(field, canonicalForm) === CanonicalForm.EMAIL ? `${canary}@leak.example` : canary;
    return kind === 'good' ? text : `${text} "'${canary}\u0000`;
  });
  return { bytes: toBinary(input, message), json: toJson(input, message) as Record<string, unknown>, canaries };
}

function fill(schema: DescMessage, toValue: (field: DescField) => string): Message {
  const message = reflect(schema, create(schema));
  for (const field of schema.fields) {
    // of a choice the first one
    if (field.oneof && message.oneofCase(field.oneof)) continue;
    if (field.fieldKind === 'message' && field.message.typeName.startsWith('gatehouse.'))
      set(message, field, reflect(field.message, fill(field.message, toValue)));
    else if (field.fieldKind === 'scalar' && isMarked(field)) set(message, field, toValue(field));
    else if (field.fieldKind === 'scalar' && getOption(field, canonicalForm) === CanonicalForm.UUID) set(message, field, randomUUID());
  }
  return message.message;
}

const set = (message: ReflectMessage, field: DescField, value: unknown): void => message.set(field, value as never);
