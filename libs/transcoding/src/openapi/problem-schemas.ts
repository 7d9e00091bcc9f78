import { errorCodes, type ErrorDeclaration, toHttpStatus } from '@gatehouse/errors';
import { toErrorPage } from '../problem';
import type { Schema } from './openapi-document';
import { ownNames } from './schema-names';

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** What every error answer is, whatever its reason. */
export const problemSchemas: Readonly<Record<string, Schema>> = {
  [ownNames.problem]: {
    type: 'object',
    description: 'An error (RFC 9457). Programs decide by `domain` and `reason`; `detail` is for people, and may change.',
    required: ['type', 'title', 'status', 'detail', 'code', 'reason', 'domain'],
    properties: {
      type: { type: 'string', format: 'uri-reference', description: 'The page of the reason.' },
      title: { type: 'string', description: 'What the reason is called, in the language of the answer.' },
      status: { type: 'integer', format: 'int32', minimum: 400, maximum: 599 },
      detail: { type: 'string' },
      instance: { type: 'string', format: 'uri-reference', description: 'Path of the request.' },
      code: { type: 'string', enum: [...errorCodes], description: 'The gRPC status code.' },
      reason: { type: 'string', description: 'What went wrong, unique in its domain.' },
      domain: { type: 'string', description: 'Who declares the reason.' },
      violations: { type: 'array', items: ref(ownNames.violation) },
      metadata: { type: 'object', additionalProperties: { type: 'string' } },
      traceId: { type: 'string' },
      requestId: { type: 'string' },
    },
  },
  [ownNames.violation]: {
    type: 'object',
    description: 'What is wrong with one field of the request.',
    required: ['field', 'description'],
    properties: {
      field: { type: 'string', description: 'Path of the field in JSON names; empty for the request itself.' },
      description: { type: 'string' },
      reason: { type: 'string', description: 'Id of the rule that is broken.' },
    },
  },
};

/** The error answer of a method that takes forms. */
export const oauthErrorSchema: Schema = {
  type: 'object',
  description: 'An error as RFC 6749 §5.2 has it.',
  required: ['error'],
  properties: { error: { type: 'string' }, error_description: { type: 'string' } },
};

/** Name of the schema of a reason: as unique as the reason in its domain. */
export const toReasonName = ({ domain, reason }: ErrorDeclaration): string => `${domain}.${reason}`;

/** Whether the same request may be sent again, in words. */
export const retrySentences: Readonly<Record<ErrorDeclaration['retry'], string>> = {
  never: 'Sending the same request again does not help.',
  safe: 'Nothing was done: the same request may be sent again.',
  'if-idempotent': 'It may have been done: only a request that is idempotent, or carries a request id, may be sent again.',
};

/** A problem with one reason. */
export function toReasonSchema(error: ErrorDeclaration, errorPages: string | undefined): Schema {
  const { reason, domain, code, title, message, metadata, retry } = error;
  return {
    title: reason,
    description: `${title}: ${message}. ${retrySentences[retry]}`,
    allOf: [
      ref(ownNames.problem),
      {
        type: 'object',
        required: ['status', 'code', 'reason', 'domain', ...(metadata.length ? ['metadata'] : [])],
        properties: {
          ...(errorPages ? { type: { type: 'string', const: toErrorPage(errorPages, error) } } : {}),
          status: { type: 'integer', const: toHttpStatus(error) },
          code: { type: 'string', const: code },
          reason: { type: 'string', const: reason },
          domain: { type: 'string', const: domain },
          ...(metadata.length
            ? { metadata: { type: 'object', required: [...metadata], properties: Object.fromEntries(metadata.map((name) => [name, { type: 'string' }])) } }
            : {}),
        },
      },
    ],
  };
}
