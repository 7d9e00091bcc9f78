import { create } from '@bufbuild/protobuf';
import { type Any, anyPack, anyUnpack } from '@bufbuild/protobuf/wkt';
import type { AppError, ErrorDetails, FieldViolation, LocalizedMessage } from '@gatehouse/errors';
import {
  BadRequestSchema,
  type ErrorInfo,
  ErrorInfoSchema,
  LocalizedMessageSchema,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from './gen/google/rpc/error_details_pb';

/** Metadata of ErrorInfo in which a reason's own HTTP status travels, since google.rpc has no place for it. */
export const httpStatusKey = 'http_status';

export const toErrorInfo = ({ reason, domain }: AppError, metadata: Record<string, string>): Any =>
  anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason, domain, metadata }));

// so that at least one violation always fits
const maxTextLength = 300;
const cut = (text: string) => (text.length > maxTextLength ? `${text.slice(0, maxTextLength)}…`.toWellFormed() : text);

/** Empty where there are none. Texts that are longer than people read are cut. */
export function toBadRequest(violations: readonly FieldViolation[]): Any[] {
  if (violations.length === 0) return [];
  const fieldViolations = violations.map(({ field, description, reason = '' }) => ({ field: cut(field), description: cut(description), reason }));
  return [anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations }))];
}

/** Empty where a retry has no time. */
export function toRetryInfo({ retryDelayMs }: AppError): Any[] {
  if (retryDelayMs === undefined) return [];
  const retryDelay = { seconds: BigInt(Math.floor(retryDelayMs / 1000)), nanos: Math.floor(retryDelayMs % 1000) * 1e6 };
  return [anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay }))];
}

/** What an error has beside ErrorInfo, BadRequest and RetryInfo. */
export function toOtherDetails({ resource, preconditions, quotas }: AppError, localized: LocalizedMessage | undefined): Any[] {
  const details: Any[] = [];
  if (resource) details.push(anyPack(ResourceInfoSchema, create(ResourceInfoSchema, { resourceType: resource.type, resourceName: resource.name })));
  if (preconditions.length)
    details.push(anyPack(PreconditionFailureSchema, create(PreconditionFailureSchema, { violations: preconditions.map((each) => ({ ...each })) })));
  if (quotas.length) details.push(anyPack(QuotaFailureSchema, create(QuotaFailureSchema, { violations: quotas.map((each) => ({ ...each })) })));
  if (localized) details.push(anyPack(LocalizedMessageSchema, create(LocalizedMessageSchema, { locale: localized.locale, message: localized.message })));
  return details;
}

/** The first ErrorInfo of one of the domains, or of one inside of them. */
export function findErrorInfo(details: readonly Any[], domains: readonly string[]): ErrorInfo | undefined {
  for (const any of details) {
    const found = tryRead(() => anyUnpack(any, ErrorInfoSchema));
    if (found && domains.some((domain) => found.domain === domain || found.domain.endsWith(`.${domain}`))) return found;
  }
  return undefined;
}

/** The other details, as far as they are known and can be decoded; the first of each kind, which should be the only one (AIP-193). */
export function readDetails(details: readonly Any[]): ErrorDetails {
  return details.reduce<ErrorDetails>((read, any) => ({ ...tryRead(() => readDetail(any)), ...read }), {});
}

/** What a detail says; undefined where it cannot be decoded, which costs no other. */
function tryRead<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

// the longest google.protobuf.Duration, about 10,000 years
const mostSeconds = 315_576_000_000n;

function readDetail(any: Any): ErrorDetails | undefined {
  switch (any.typeUrl.slice(any.typeUrl.lastIndexOf('/') + 1)) {
    case BadRequestSchema.typeName: {
      const { fieldViolations = [] } = anyUnpack(any, BadRequestSchema) ?? {};
      return { violations: fieldViolations.map(({ field, description, reason }) => ({ field, description, ...(reason ? { reason } : {}) })) };
    }
    case RetryInfoSchema.typeName: {
      const { seconds = 0n, nanos = 0 } = anyUnpack(any, RetryInfoSchema)?.retryDelay ?? {};
      const isDelay = seconds >= 0n && seconds <= mostSeconds && nanos >= 0 && nanos < 1e9;
      return isDelay ? { retryDelayMs: Number(seconds) * 1000 + nanos / 1e6 } : {};
    }
    case ResourceInfoSchema.typeName: {
      const { resourceType = '', resourceName = '' } = anyUnpack(any, ResourceInfoSchema) ?? {};
      return { resource: { type: resourceType, name: resourceName } };
    }
    case PreconditionFailureSchema.typeName:
      return { preconditions: anyUnpack(any, PreconditionFailureSchema)?.violations.map(({ type, subject, description }) => ({ type, subject, description })) };
    case QuotaFailureSchema.typeName:
      return { quotas: anyUnpack(any, QuotaFailureSchema)?.violations.map(({ subject, description }) => ({ subject, description })) };
    case LocalizedMessageSchema.typeName: {
      const { locale = '', message = '' } = anyUnpack(any, LocalizedMessageSchema) ?? {};
      return { localized: { locale, message } };
    }
    default:
      return undefined;
  }
}
