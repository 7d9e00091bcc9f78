import { validationFailed } from '@gatehouse/contracts/api';
import {
  type ImportAccountsRequest,
  ImportAccountsResult,
  type ImportAccountsRow,
  passwordHashTooCostly,
  passwordHashUnsupported,
} from '@gatehouse/contracts/auth';
import { ImportOutcome, type ImportOptions } from '@gatehouse/contracts/user';
import type { HashRefusal } from './foreign-hashes/foreign-hash';
import { parseForeignHash } from './foreign-hashes/parse-foreign-hash';

const toInvalid = (field: string, description: string) => validationFailed({ violations: [{ field, description, reason: 'import.sequence' }] });

/** The options with which an import begins. @throws validationFailed */
export function requireOptions(first: ImportAccountsRequest | undefined): ImportOptions {
  if (!first?.options) throw toInvalid('options', 'the first request has to have the options');
  if (first.rows.length) throw toInvalid('rows', 'the first request has the options alone');
  return first.options;
}

/** The rows of a request after the first. @throws validationFailed when they are none, or not numbered upwards from `last` */
export function requireRows({ options, rows }: ImportAccountsRequest, last: bigint): readonly ImportAccountsRow[] {
  if (options) throw toInvalid('options', 'only the first request has options');
  if (!rows.length) throw toInvalid('rows', 'each request but the first has to have rows');
  let before = last;
  for (const [index, { number }] of rows.entries()) {
    if (number <= before) throw toInvalid(`rows[${index}].number`, `must be greater than that of the row before, which is ${before}`);
    before = number;
  }
  return rows;
}

/** The result of a row whose hash cannot be taken; undefined for any other row. */
export function judgeHash({ number, passwordHash }: ImportAccountsRow): ImportAccountsResult | undefined {
  if (!passwordHash) return undefined;
  const hash = parseForeignHash(passwordHash);
  return 'refusal' in hash ? toRefused(number, hash) : undefined;
}

function toRefused(number: bigint, { refusal, description }: HashRefusal): ImportAccountsResult {
  const { reason, message } = refusal === 'too-costly' ? passwordHashTooCostly() : passwordHashUnsupported();
  return ImportAccountsResult.fromPartial({
    number,
    outcome: ImportOutcome.IMPORT_OUTCOME_FAILED,
    reason,
    message,
    violations: [{ field: 'passwordHash', description, reason: `password_hash.${refusal.replace('-', '_')}` }],
  });
}
