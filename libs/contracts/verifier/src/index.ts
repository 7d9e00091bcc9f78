export { GetJwksRequest, GetJwksResponse, Jwk, Revocation, WatchRevocationsRequest, WatchRevocationsResponse } from './gen/gatehouse/verifier/v1/verifier';
export { VerifierServiceDefinition } from './gen/errors';
export { descriptorSet } from './gen/descriptor-set';
