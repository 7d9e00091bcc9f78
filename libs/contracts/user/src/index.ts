export {
  CreateUserRequest,
  EnsureAdministratorRequest,
  GetUserRequest,
  ListUsersRequest,
  ListUsersResponse,
  ResolvePersonRequest,
  ResolvePersonResponse,
  Role,
  UpdateUserRequest,
  User,
  UserStatus,
} from './gen/gatehouse/user/v1/user';
export {
  emailChangeNotAllowed,
  emailTaken,
  emailUnknown,
  etagMismatch,
  pageTokenInvalid,
  userIdNotAllowed,
  type UserError,
  type UserErrorReason,
  userErrors,
  userNotFound,
  UserServiceDefinition,
} from './gen/errors';
export { descriptorSet } from './gen/descriptor-set';
