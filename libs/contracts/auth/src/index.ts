export {
  LoginRequest,
  LoginResponse,
  LogoutRequest,
  LogoutResponse,
  RefreshRequest,
  RefreshResponse,
  SignUpRequest,
  SignUpResponse,
} from './gen/gatehouse/auth/v1/auth';
export {
  accountSuspended,
  type AuthError,
  type AuthErrorReason,
  authErrors,
  AuthServiceDefinition,
  emailTaken,
  invalidCredentials,
  refreshTokenInvalid,
} from './gen/errors';
export { descriptorSet } from './gen/descriptor-set';
