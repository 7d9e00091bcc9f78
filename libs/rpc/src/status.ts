import { fromBinary, toBinary, create } from '@bufbuild/protobuf';
import { type Any, anyPack, anyUnpack, AnySchema } from '@bufbuild/protobuf/wkt';
import { AppError, type ErrorCode, errorCodes, type FieldViolation } from '@gatehouse/errors';
import { cancelled, deadlineExceeded, internal, overloaded, unavailable } from '@gatehouse/contracts/api';
import { randomUUID } from 'node:crypto';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from './gen/google/rpc/error_details_pb';
import { StatusSchema } from './gen/google/rpc/status_pb';

/** Trailer of a serialized google.rpc.Status, known to every gRPC implementation with rich errors. */
export const statusDetailsKey = 'grpc-status-details-bin';

/** What goes over the wire for an error. */
export interface WireStatus {
  /** A number of google.rpc.Code. */
  code: number;
  message: string;
  /** Serialized google.rpc.Status. */
  details: Uint8Array;
}

// Trailers share the header limits of every proxy on the way.
const maxDetailsBytes = 4096;
const maxMessageLength = 512;
// A reason's own HTTP status travels as metadata of ErrorInfo, since google.rpc has no place for it.
const httpStatusKey = 'http_status';

// google.rpc.Code numbers CANCELLED 1 to UNAUTHENTICATED 16, in the order of errorCodes.
export const toCodeNumber = (code: ErrorCode): number => errorCodes.indexOf(code) + 1;
export const toCodeName = (code: number): ErrorCode => errorCodes[code - 1] ?? 'UNKNOWN';

/**
 * Encodes an error: ErrorInfo always, BadRequest and RetryInfo where they apply (AIP-193). What does not fit into 4 KiB is
 * left out: violations from the end, then metadata. An error that cannot be encoded goes out as a defect.
 */
export function toWireStatus(error: AppError): WireStatus {
  try {
    return encode(error);
  } catch (cause) {
    return encode(internal({ error_id: randomUUID() }, { cause }));
  }
}

function encode(error: AppError): WireStatus {
  const code = toCodeNumber(error.code);
  // grpc-js refuses to send half of a surrogate pair
  const message = error.message.slice(0, maxMessageLength).toWellFormed();
  const httpStatus: Record<string, string> = error.httpStatus ? { [httpStatusKey]: String(error.httpStatus) } : {};
  const toBytes = (count: number, metadata: Readonly<Record<string, string>>) =>
    toBinary(StatusSchema, create(StatusSchema, { code, message, details: toDetails(error, error.violations.slice(0, count), metadata) }));
  const metadata = { ...error.metadata, ...httpStatus };
  let details = toBytes(Infinity, metadata);
  if (details.length > maxDetailsBytes) details = toBytes(findMost(error.violations.length, (count) => toBytes(count, metadata).length <= maxDetailsBytes), metadata);
  if (details.length > maxDetailsBytes) details = toBytes(0, httpStatus);
  return { code, message, details };
}

/** The greatest count up to `max` that fits, or 0. */
function findMost(max: number, fits: (count: number) => boolean): number {
  let [low, high] = [0, max];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function toDetails(error: AppError, violations: readonly FieldViolation[], metadata: Record<string, string>): Any[] {
  const details = [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: error.reason, domain: error.domain, metadata }))];
  if (violations.length) {
    const fieldViolations = violations.map(({ field, description, reason = '' }) => ({ field, description, reason }));
    details.push(anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations })));
  }
  if (error.retryDelayMs !== undefined) {
    const retryDelay = { seconds: BigInt(Math.floor(error.retryDelayMs / 1000)), nanos: Math.floor(error.retryDelayMs % 1000) * 1e6 };
    details.push(anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay })));
  }
  return details.map(({ typeUrl, value }) => create(AnySchema, { typeUrl, value }));
}

/** What came over the wire for an error. */
export interface ReceivedStatus {
  code: number;
  /** The trailer, if there was one: a serialized google.rpc.Status if the peer is one of us. */
  details: Uint8Array | undefined;
}

/**
 * Rebuilds the error that a service threw. Whatever carries no ErrorInfo of the domains, or of one inside of them, be it made
 * by a proxy, by the transport or by a foreign server, becomes an infrastructure error or a defect with a generic text; what it said is kept
 * as the cause.
 */
export function toAppError(status: ReceivedStatus, cause: unknown, domains: readonly string[]): AppError {
  return decodeDetails(status, cause, domains) ?? toForeignError(toCodeName(status.code), cause);
}

function decodeDetails({ code, details }: ReceivedStatus, cause: unknown, domains: readonly string[]): AppError | undefined {
  if (!details) return undefined;
  try {
    const status = fromBinary(StatusSchema, details);
    const infos = status.details.map((any) => anyUnpack(any, ErrorInfoSchema));
    const info = infos.find((found) => found && domains.some((domain) => found.domain === domain || found.domain.endsWith(`.${domain}`)));
    if (!info || status.code !== code) return undefined;
    const { [httpStatusKey]: httpStatus = '', ...metadata } = info.metadata;
    const badRequest = status.details.map((any) => anyUnpack(any, BadRequestSchema)).find(Boolean);
    const delay = status.details.map((any) => anyUnpack(any, RetryInfoSchema)).find(Boolean)?.retryDelay;
    const retryDelayMs = delay && Number(delay.seconds) * 1000 + delay.nanos / 1e6;
    return new AppError({
      code: toCodeName(code),
      reason: info.reason,
      domain: info.domain,
      message: status.message,
      metadata,
      cause,
      violations: badRequest?.fieldViolations.map(({ field, description, reason }) => ({ field, description, ...(reason ? { reason } : {}) })),
      retryDelayMs: retryDelayMs !== undefined && retryDelayMs >= 0 ? retryDelayMs : undefined,
      httpStatus: /^[45]\d\d$/.test(httpStatus) ? Number(httpStatus) : undefined,
    });
  } catch {
    return undefined; // truncated or no google.rpc.Status: the call keeps its code
  }
}

const isTransportError = (cause: unknown): boolean => cause instanceof Error && /Received RST_STREAM|Session closed|GOAWAY/.test(cause.message);

function toForeignError(code: ErrorCode, cause: unknown): AppError {
  switch (code) {
    case 'CANCELLED':
      return cancelled({ cause });
    case 'DEADLINE_EXCEEDED':
      return deadlineExceeded({ cause });
    case 'UNAVAILABLE':
      return unavailable({ cause });
    case 'INTERNAL':
      // the transport's own word for a connection that ended under the call
      return isTransportError(cause) ? unavailable({ cause }) : internal({ error_id: randomUUID() }, { cause });
    case 'RESOURCE_EXHAUSTED':
      return overloaded({ cause });
    default:
      return internal({ error_id: randomUUID() }, { cause });
  }
}
