export { CreateUserRequest, EnsureAdministratorRequest, GetUserRequest, ListUsersRequest, ListUsersResponse, ResolvePersonRequest, ResolvePersonResponse, Role, UpdateUserRequest, User, UserServiceDefinition, UserStatus } from './gen/gatehouse/user/v1/user';
export { type UserErrorReason, emailChangeNotAllowed, emailTaken, etagMismatch, pageTokenInvalid, userIdNotAllowed, userNotFound } from './gen/errors';
export { descriptorSet } from './gen/descriptor-set';
