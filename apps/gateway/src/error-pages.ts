import { type ErrorDeclaration, toHttpStatus } from '@gatehouse/errors';
import { createRegistryOf, readErrors, readMethods } from '@gatehouse/rpc';
import { commentOf, retrySentences } from '@gatehouse/transcoding';
import { descriptorSet } from './gen/descriptor-set';

/** Where each declared reason has a page, `/docs/errors/DOMAIN/REASON`: the type of its problems. */
export const errorPages = '/docs/errors';

/** What a caller can know of a reason. */
export interface ErrorPage {
  readonly declaration: ErrorDeclaration;
  readonly httpStatus: number;
  /** What stands beside it in the contract. */
  readonly comment: string;
  readonly retry: string;
  /** Methods that may raise it, `UserService.GetUser`; empty where any may. */
  readonly methods: readonly string[];
}

/** A page for every reason of every contract, in the order of their domains. */
export function readErrorPages(): readonly ErrorPage[] {
  const registry = createRegistryOf([descriptorSet]);
  const methods = readMethods([descriptorSet]);
  const pages = [...readErrors(registry).all].map(([declaration, value]): ErrorPage => {
    const { domain, reason } = declaration;
    const raisedBy = methods.filter(({ errors }) => errors?.some((error) => error.domain === domain && error.reason === reason));
    return {
      declaration,
      httpStatus: toHttpStatus(declaration),
      comment: commentOf(value),
      retry: retrySentences[declaration.retry],
      methods: raisedBy.map(({ descriptor, name }) => `${descriptor.parent.name}.${name}`),
    };
  });
  return pages.sort((one, other) => (one.declaration.domain < other.declaration.domain ? -1 : one.declaration.domain > other.declaration.domain ? 1 : 0));
}

/** What a page says, in names and values. */
export function toRows({
  declaration: { domain, reason, code, message, metadata, translations = {} },
  httpStatus,
  retry,
  methods,
}: ErrorPage): readonly (readonly [name: string, value: string])[] {
  return [
    ['Reason', `${reason} of ${domain}`],
    ['Detail', message],
    ...Object.entries(translations).map(([language, translation]) => [`Detail (${language})`, translation.message] as const),
    ['HTTP status', String(httpStatus)],
    ['gRPC code', code],
    ['Metadata', metadata.join(', ') || 'none'],
    ['Retry', retry],
    ['Raised by', methods.join(', ') || 'any method'],
  ];
}
