import type { GetAuthorizationServerMetadataResponse } from '@gatehouse/contracts/auth';

/** What there is for OAuth 2.0 clients, and nothing else (RFC 8414 §2); `issuer` is the address of the installation. */
export function toServerMetadata(issuer: string): GetAuthorizationServerMetadataResponse {
  const at = (path: string) => issuer.replace(/\/$/, '') + path;
  return {
    issuer,
    tokenEndpoint: at('/oauth2/token'),
    // clients prove nothing of themselves: who holds a token may use it (RFC 6749 §2.1, public clients)
    tokenEndpointAuthMethodsSupported: ['none'],
    jwksUri: at('/.well-known/jwks.json'),
    responseTypesSupported: [],
    grantTypesSupported: ['refresh_token'],
    revocationEndpoint: at('/oauth2/revoke'),
    revocationEndpointAuthMethodsSupported: ['none'],
    introspectionEndpoint: at('/oauth2/introspect'),
    introspectionEndpointAuthMethodsSupported: ['Bearer'],
  };
}
