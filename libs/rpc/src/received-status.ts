import { fromBinary } from '@bufbuild/protobuf';
import { cancelled, deadlineExceeded, internal, overloaded, unavailable } from '@gatehouse/contracts/api';
import { AppError, type ErrorCode } from '@gatehouse/errors';
import { StatusSchema } from './gen/google/rpc/status_pb';
import { findErrorInfo, httpStatusKey, readDetails } from './status-details';
import { toCodeName } from './wire-status';

/** What came over the wire for an error. */
export interface ReceivedStatus {
  code: number;
  /** The trailer, if there was one: a serialized google.rpc.Status if the peer is one of us. */
  details: Uint8Array | undefined;
}

// more than any server of ours sends, and less than would be worth reading
const maxDetailsBytes = 16_384;

/**
 * Rebuilds the error that a service threw. Whatever carries no ErrorInfo of the domains, or of one inside of them, be it made
 * by a proxy, by the transport or by a foreign server, becomes an infrastructure error or a defect with a generic text; what
 * it said is kept as the cause.
 */
export function toAppError(status: ReceivedStatus, cause: unknown, domains: readonly string[]): AppError {
  return readOwn(status, cause, domains) ?? toForeignError(toCodeName(status.code), cause);
}

function readOwn({ code, details }: ReceivedStatus, cause: unknown, domains: readonly string[]): AppError | undefined {
  if (!details || details.length > maxDetailsBytes) return undefined;
  try {
    const status = fromBinary(StatusSchema, details);
    const info = findErrorInfo(status.details, domains);
    if (!info || status.code !== code) return undefined;
    const { [httpStatusKey]: httpStatus = '', ...metadata } = info.metadata;
    return new AppError({
      ...readDetails(status.details),
      code: toCodeName(code),
      reason: info.reason,
      domain: info.domain,
      message: status.message,
      metadata,
      cause,
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
      return isTransportError(cause) ? unavailable({ cause }) : internal({ cause });
    case 'RESOURCE_EXHAUSTED':
      return overloaded({ cause });
    default:
      return internal({ cause });
  }
}
