import { descriptorSet as authContract, SignUpRequest } from '@gatehouse/contracts/auth';
import { CreateUserRequest, descriptorSet as userContract, UpdateUserRequest, User } from '@gatehouse/contracts/user';
import { createRegistryOf, type MessageType, readMethods } from '@gatehouse/rpc';
import { createValidation, decodeInto } from '@gatehouse/rpc/testing';
import type { Sample } from '../comparison';

const requestId = '018f0000-0000-7000-8000-000000000001';

/** Requests as they mostly come, by the RPC they ask for. */
const requests: Readonly<Record<string, { type: MessageType<unknown>; bytes: Uint8Array }>> = {
  CreateUser: toRequest(CreateUserRequest, { email: 'ada.lovelace@example.com', displayName: 'Ada Lovelace', requestId }),
  UpdateUser: toRequest(UpdateUserRequest, { user: User.fromPartial({ id: requestId, displayName: 'Ada King', etag: '"7"' }), updateMask: ['display_name'] }),
  SignUp: toRequest(SignUpRequest, { email: 'ada.lovelace@example.com', password: 'correct horse battery', displayName: 'Ada Lovelace', requestId }),
};
export const requestNames: readonly string[] = Object.keys(requests);

export interface ValidatorQuestion {
  readonly ask: 'read';
  readonly request: string;
  readonly isValidated: boolean;
  readonly count: number;
}

/** Answers questions: how long it takes to read so many requests as a server does, with the rules of the contract or without. */
export async function startValidator(): Promise<{ introduction: object; close: () => Promise<void> }> {
  const descriptorSets = [userContract, authContract];
  const methods = readMethods(descriptorSets);
  const validate = createValidation(createRegistryOf(descriptorSets), methods);
  const read = ({ request, isValidated, count }: ValidatorQuestion): Sample => {
    const { type, bytes } = requests[request]!;
    const method = methods.find(({ name }) => name === request)!;
    const definition = { name: request, requestType: type, requestStream: false, responseType: type, responseStream: false };
    const begin = process.cpuUsage();
    for (let index = 0; index < count; index++) {
      const call: Parameters<typeof decodeInto>[0] = { method, request: undefined };
      decodeInto(call, definition, bytes);
      if (isValidated) validate(method, call.message!);
    }
    const { user, system } = process.cpuUsage(begin);
    return { requests: count, cpuMicros: user + system };
  };
  process.on('message', (question: ValidatorQuestion) => {
    if (question.ask === 'read') process.send!(read(question));
  });
  return { introduction: {}, close: async () => {} };
}

function toRequest<T>(type: MessageType<T>, message: Partial<T>): { type: MessageType<unknown>; bytes: Uint8Array } {
  return { type: type as MessageType<unknown>, bytes: type.encode(type.fromPartial(message)).finish() };
}
