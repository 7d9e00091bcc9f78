import { createRegistryOf } from '@gatehouse/rpc';
import { createOpenApiDocument, type OpenApiDocument, toYaml } from '@gatehouse/transcoding';
import { createContractDescription } from './describe-method';
import { errorPages } from './error-pages';
import { descriptorSet } from './gen/descriptor-set';

const description = `People, and how they prove who they are.

Requests and answers are canonical proto3 JSON, read strictly: an unknown field, a repeated key or a number of the wrong size is refused. Errors are problem documents (RFC 9457); programs decide by \`domain\` and \`reason\`. Every answer has an \`X-Request-Id\`, by which it is found in logs and traces.`;

/** The OpenAPI document of what the gateway serves. */
export function createGatewayDocument(): OpenApiDocument {
  const { describe, commonErrors } = createContractDescription(createRegistryOf([descriptorSet]));
  const info = { title: 'Gatehouse', version: 'v1', description, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } };
  return createOpenApiDocument({ descriptors: descriptorSet, info, describe, commonErrors, errorPages });
}

/** The document as `docs/openapi.yaml` has it. */
export const createGatewayYaml = (): string => toYaml(createGatewayDocument());
