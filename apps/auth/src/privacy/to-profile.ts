import { fromBinary, type JsonObject, toJson } from '@bufbuild/protobuf';
import { descriptorSet, User } from '@gatehouse/contracts/user';
import { createRegistryOf } from '@gatehouse/rpc';

const registry = createRegistryOf([descriptorSet]);
const schema = registry.getMessage('gatehouse.user.v1.User')!;

/** A person as `user` tells of them, in canonical proto3 JSON, as its HTTP API has it. */
export const toProfile = (user: User): JsonObject => toJson(schema, fromBinary(schema, User.encode(user).finish()), { registry }) as JsonObject;
