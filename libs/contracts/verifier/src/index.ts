export { GetJwksRequest, GetJwksResponse, Jwk } from './gen/gatehouse/verifier/v1/verifier';
export { VerifierServiceDefinition } from './gen/errors';
export { descriptorSet } from './gen/descriptor-set';
