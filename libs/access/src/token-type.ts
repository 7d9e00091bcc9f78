/** `typ` of access tokens (RFC 9068). */
export const accessTokenType = 'at+jwt';
/** `typ` of the tokens that services show each other. */
export const serviceTokenType = 'svc+jwt';
/** The one algorithm that keys of an installation have. */
export const tokenAlgorithm = 'EdDSA';
