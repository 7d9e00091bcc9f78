export { type AccessOptions, createAccess, me } from './access';
export { accessRuleOf, isPublic, readAccessRules } from './access-rule';
export { toBearerToken } from './bearer-token';
export { type KeySource, type RemoteKeysOptions, createRemoteKeys, importKeys } from './key-source';
export { type Principal, principalOf, toPrincipalName } from './principal';
export { type ServiceTokensOptions, type SigningKey, createServiceTokens } from './service-tokens';
export { accessTokenType, tokenAlgorithm } from './token-type';
export { type TokenVerifier, type TokenVerifierOptions, createTokenVerifier } from './token-verifier';
