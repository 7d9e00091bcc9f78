/**
 * Whether the text of an error is known to quote what it failed at: a value that PostgreSQL could not use (SQLSTATE class 22)
 * or that a routine of the database tells of (P0), a text that was no JSON, no number or no pattern, an argument of the
 * wrong kind, and whatever another server had to say. Type, code and frames tell what happened all the same.
 */
export function isQuoting(error: Error): boolean {
  const { code } = error as { code?: unknown };
  if (error instanceof SyntaxError || error.name === 'SyntaxError') return true;
  if (typeof code === 'string') return /^(22|P0)...$|^ERR_INVALID_ARG|^ERR_INVALID_URL|^ERR_INVALID_CHAR|^ERR_HTTP_INVALID/.test(code);
  return isStatus(error) && !isOfTransport.test(error.details);
}

/** A status that grpc-js gives for an error, be it its own word or that of a server. */
export const isStatus = (error: Error): error is Error & { readonly details: string } =>
  typeof (error as { code?: unknown }).code === 'number' && typeof (error as { details?: unknown }).details === 'string';

// what grpc-js says of connections by itself (1.14): host, port and errno, nothing of a message
const isOfTransport =
  /^(No connection established\b|Name resolution failed\b|Deadline exceeded after \d|Waiting for LB pick|Received RST_STREAM with code \d|Connection dropped|Channel has been shut down|Call cancelled|Cancelled on client|Session closed|Failed to (connect|start)|The server is shutting down|Protocol error|Internal error|Too many pings|Bandwidth exhausted)[^"'\n]*$/;
