export { AuthServiceDefinition, LoginRequest, LoginResponse, LogoutRequest, LogoutResponse, RefreshRequest, RefreshResponse, SignUpRequest, SignUpResponse } from './gen/gatehouse/auth/v1/auth';
export { type AuthErrorReason, accountSuspended, emailTaken, invalidCredentials, refreshTokenInvalid } from './gen/errors';
export { descriptorSet } from './gen/descriptor-set';
