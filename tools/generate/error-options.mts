// What the options of a contract say of its errors; what cannot be meant so stops the generation.
import { type DescEnum, type DescExtension, type DescFile, getOption, hasOption } from '@bufbuild/protobuf';

/** As libs/errors knows it. */
export interface ErrorDeclaration {
  code: string;
  reason: string;
  domain: string;
  title: string;
  message: string;
  retry: string;
  metadata: string[];
  httpStatus?: number;
  translations?: Record<string, { title: string; message: string }>;
}

type ErrorOption = Omit<ErrorDeclaration, 'retry' | 'translations' | 'httpStatus'> & {
  retry: number;
  httpStatus: number;
  translations: { language: string; title: string; message: string }[];
};

export interface Options {
  readonly domain: DescExtension;
  readonly error: DescExtension;
  readonly reasons: DescExtension;
}

const codes = [
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];
const retries = [undefined, 'never', 'safe', 'if-idempotent'];

/** The options in which errors are declared; undefined where no file knows them. */
export function findOptions(files: readonly DescFile[]): Options | undefined {
  const seen = new Set<DescFile>();
  const extensions: DescExtension[] = [];
  const walk = (file: DescFile) => {
    if (seen.has(file)) return;
    seen.add(file);
    extensions.push(...file.extensions);
    file.dependencies.forEach(walk);
  };
  files.forEach(walk);
  const find = (name: string) => extensions.find(({ typeName }) => typeName === `gatehouse.api.v1.${name}`);
  const [domain, error, reasons] = [find('error_domain'), find('error'), find('error_reasons')];
  return domain && error && reasons && { domain, error, reasons };
}

/** The reasons of an enum, without its prefix. @throws Error for one that is not declared in full */
export function readErrors(enumeration: DescEnum, options: Options): ErrorDeclaration[] {
  const prefix = `${enumeration.name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}_`;
  const domain = getOption(enumeration, options.domain) as string;
  return enumeration.values
    .filter(({ number }) => number !== 0)
    .map((value) => {
      const refuse = (what: string): never => {
        throw new Error(`${value.name}: ${what}`);
      };
      if (!hasOption(value, options.error)) return refuse('has no (gatehouse.api.v1.error)');
      const { code, title, message, metadata, httpStatus, translations, retry } = getOption(value, options.error) as ErrorOption;
      const reason = value.name.slice(prefix.length);
      if (!/^[A-Z][A-Z0-9_]{0,62}$/.test(reason)) refuse('is no reason of at most 63 letters (AIP-193)');
      if (!codes.includes(code)) refuse(`"${code}" is no gRPC code`);
      if (!title || !message) refuse('needs a title and a message');
      if (httpStatus !== 0 && (httpStatus < 400 || httpStatus > 599)) refuse(`${httpStatus} is no HTTP status of an error`);
      for (const text of [message, ...translations.map((translation) => translation.message)])
        for (const [, name = ''] of text.matchAll(/\{(\w+)\}/g)) if (!metadata.includes(name)) refuse(`{${name}} is not among its metadata`);
      return {
        code,
        reason,
        domain,
        title,
        message,
        retry: retries[retry] ?? refuse('does not say whether a retry is safe'),
        metadata,
        ...(httpStatus ? { httpStatus } : {}),
        ...(translations.length
          ? { translations: Object.fromEntries(translations.map(({ language, title, message }) => [language, { title, message }])) }
          : {}),
      };
    });
}
