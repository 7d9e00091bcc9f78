export { GetJwksRequest, GetJwksResponse, Jwk, VerifierServiceDefinition } from './gen/gatehouse/verifier/v1/verifier';
export { descriptorSet } from './gen/descriptor-set';
