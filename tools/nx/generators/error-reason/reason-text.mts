/** What a reason says to its caller, as `gatehouse.api.v1.error` has it. */
export interface Reason {
  readonly code: string;
  readonly title: string;
  readonly message: string;
  readonly retry: 'never' | 'safe' | 'if-idempotent';
  readonly metadata: readonly string[];
}

/** What the last words of a name say of its code. */
const codes: readonly (readonly [RegExp, string])[] = [
  [/_(NOT_FOUND|UNKNOWN)$/, 'NOT_FOUND'],
  [/_(TAKEN|EXISTS)$/, 'ALREADY_EXISTS'],
  [/_INVALID$/, 'INVALID_ARGUMENT'],
  [/_(NOT_ALLOWED|SUSPENDED)$/, 'PERMISSION_DENIED'],
  [/_(MISMATCH|CHANGED)$/, 'ABORTED'],
  [/_(DELETED|ARCHIVED)$/, 'FAILED_PRECONDITION'],
];

/** The code that a name asks for; undefined where it asks for none. */
export const toCode = (name: string): string | undefined => codes.find(([words]) => words.test(name))?.[1];

/** `EMAIL_TAKEN` as "Email taken". */
export const toTitle = (name: string): string => `${name.charAt(0)}${name.slice(1).toLowerCase().replaceAll('_', ' ')}`;

/** The prefix of the values of an enum (buf's ENUM_VALUE_PREFIX). */
export const toPrefix = (enumeration: string): string => `${enumeration.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase()}_`;

/** The enum value of a reason, in the form that `buf format` gives it. */
export function toReasonText(value: string, number: number, { code, title, message, retry, metadata }: Reason): string {
  const lines = [
    `code: ${JSON.stringify(code)}`,
    `title: ${JSON.stringify(title)}`,
    `message: ${JSON.stringify(message)}`,
    ...(metadata.length ? [`metadata: [${metadata.map((name) => JSON.stringify(name)).join(', ')}]`] : []),
    `retry: RETRY_${retry.toUpperCase().replaceAll('-', '_')}`,
  ];
  return `  ${value} = ${number} [(gatehouse.api.v1.error) = {\n${lines.map((line) => `    ${line}`).join('\n')}\n  }];`;
}
