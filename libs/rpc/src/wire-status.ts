import { create, toBinary } from '@bufbuild/protobuf';
import { type Any, AnySchema } from '@bufbuild/protobuf/wkt';
import { internal } from '@gatehouse/contracts/api';
import { type AppError, type ErrorCode, errorCodes, type LocalizedMessage, localize } from '@gatehouse/errors';
import { httpStatusKey, toBadRequest, toErrorInfo, toOtherDetails, toRetryInfo } from './status-details';
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

// google.rpc.Code numbers CANCELLED 1 to UNAUTHENTICATED 16, in the order of errorCodes.
const toCodeNumber = (code: ErrorCode): number => errorCodes.indexOf(code) + 1;
export const toCodeName = (code: number): ErrorCode => errorCodes[code - 1] ?? 'UNKNOWN';

/**
 * Encodes an error: ErrorInfo always, the other details of google.rpc where they apply, each at most once (AIP-193), with
 * the message in a language that the caller asks for. What does not fit into 4 KiB is left out: violations from the end,
 * then the other details, then metadata. An error that cannot be encoded goes out as a defect.
 */
export function toWireStatus(error: AppError, acceptLanguage?: string): WireStatus {
  try {
    return encode(error, localize(error, acceptLanguage));
  } catch (cause) {
    return encode(internal({ cause }), undefined);
  }
}

function encode(error: AppError, localized: LocalizedMessage | undefined): WireStatus {
  const code = toCodeNumber(error.code);
  // grpc-js refuses to send half of a surrogate pair
  const message = error.message.slice(0, maxMessageLength).toWellFormed();
  const { violations } = error;
  const httpStatus: Record<string, string> = error.httpStatus ? { [httpStatusKey]: String(error.httpStatus) } : {};
  const toBytes = (...details: Any[]) =>
    toBinary(StatusSchema, create(StatusSchema, { code, message, details: details.map(({ typeUrl, value }) => create(AnySchema, { typeUrl, value })) }));
  const info = toErrorInfo(error, { ...error.metadata, ...httpStatus });
  const retry = toRetryInfo(error);
  const others = [...retry, ...toOtherDetails(error, localized)];
  const fits = (bytes: Uint8Array) => bytes.length <= maxDetailsBytes;
  let details = toBytes(info, ...others, ...toBadRequest(violations));
  if (!fits(details)) {
    const count = findMost(violations.length, (most) => fits(toBytes(info, ...others, ...toBadRequest(violations.slice(0, most)))));
    details = toBytes(info, ...others, ...toBadRequest(violations.slice(0, count)));
  }
  if (!fits(details)) details = toBytes(info, ...retry);
  if (!fits(details)) details = toBytes(toErrorInfo(error, httpStatus), ...retry);
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
