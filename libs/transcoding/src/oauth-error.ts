import { type AppError, toHttpStatus } from '@gatehouse/errors';

// RFC 6749 §5.2 and §4.1.2.1
const codes: ReadonlySet<string> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'access_denied',
]);

// RFC 6750 §3.1: what is wrong with the bearer token that the caller shows
const tokenCodes: ReadonlyMap<string, string> = new Map([
  ['TOKEN_INVALID', 'invalid_token'],
  ['TOKEN_EXPIRED', 'invalid_token'],
  ['TOKEN_REVOKED', 'invalid_token'],
  ['PERMISSION_DENIED', 'insufficient_scope'],
]);

/** An error in the shape of RFC 6749 §5.2: a reason that is one of its codes stands for itself; of a bearer token in that of RFC 6750 §3.1. */
export function toOAuthError(error: AppError): { status: number; body: { error: string; error_description: string } } {
  const code = toOAuthCode(error);
  const status = code === 'invalid_client' ? 401 : codes.has(code) ? (error.httpStatus ?? 400) : toHttpStatus(error);
  const named = error.violations.map(({ field, description }) => (field ? `${field} ${description}` : description)).join('; ');
  return { status, body: { error: code, error_description: toDescription(named ? `${error.message}: ${named}` : error.message) } };
}

function toOAuthCode({ reason, code }: AppError): string {
  const own = reason.toLowerCase();
  if (codes.has(own)) return own;
  const ofToken = tokenCodes.get(reason);
  if (ofToken) return ofToken;
  switch (code) {
    case 'INVALID_ARGUMENT':
    case 'OUT_OF_RANGE':
    case 'UNIMPLEMENTED':
      return 'invalid_request';
    case 'UNAUTHENTICATED':
      return 'invalid_client';
    case 'PERMISSION_DENIED':
      return 'unauthorized_client';
    case 'UNAVAILABLE':
    case 'DEADLINE_EXCEEDED':
    case 'RESOURCE_EXHAUSTED':
    case 'ABORTED':
    case 'CANCELLED':
      return 'temporarily_unavailable';
    case 'NOT_FOUND':
    case 'ALREADY_EXISTS':
    case 'FAILED_PRECONDITION':
      return 'invalid_grant';
    default:
      return 'server_error';
  }
}

/** Text with the characters that an error_description may have (RFC 6749 §5.2). */
export const toDescription = (text: string) =>
  text
    .replaceAll('"', "'")
    .replaceAll('\\', '/')
    .replace(/[^ -~]/g, '?')
    .slice(0, 500);
