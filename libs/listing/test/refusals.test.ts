import { AppError } from '@gatehouse/errors';
import { compileFilter, compileOrderBy, defineFields, text, toPageSize } from '../src';
import { fields } from './people';

function violationOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'VALIDATION_FAILED', violations: [expect.anything()] });
    return error.violations[0];
  }
}

const names = 'id, email, displayName, status, createTime, logins, score, verified, roles, metadata';

describe('a filter that cannot be answered', () => {
  it.each([
    ['Ada', 'filter.bare_literal', 'at character 1: a value alone is not looked for here: compare a field with it, field = value, or use the search method'],
    ['logins = 1 "Ada Lovelace"', 'filter.bare_literal', 'at character 12: a value alone'],
    ['startsWith(email, "a")', 'filter.function', 'at character 1: functions are not supported: compare a field with a value'],
    ['email = lower(x)', 'filter.function', 'at character 9: functions are not supported'],
    ['email = ', 'filter.syntax', 'at character 8: the value is missing: write it after the operator'],
    [
      'logins = (1 OR 2)',
      'filter.syntax',
      'at character 9: the value is missing: write it after the operator, field = value; a list of values is (field = a OR field = b)',
    ],
    ['email = "ada', 'filter.syntax', 'at character 9: this quote is never closed: end the value with "'],
    ["😀 = 1 AND email = 'ada", 'filter.syntax', "at character 20: this quote is never closed: end the value with '"],
    ['!verified', 'filter.syntax', 'at character 1: this character has no meaning here'],
    ['(verified = true', 'filter.syntax', 'at character 17: the filter ends where'],
    ['verified = true)', 'filter.syntax', 'at character 16: there is ) where'],
    ['verified = true AND', 'filter.syntax', 'at character 20: the filter ends where'],
    ['OR verified = true', 'filter.syntax', 'at character 1: there is OR where'],
    ['- -verified = true', 'filter.syntax', 'at character 3: there is - where'],
    ['display_name = 10:30', 'filter.syntax', 'at character 18: there is an operator where'],
    ['metadata . plan = 1', 'filter.syntax', 'at character 10: there is no space around a dot'],
    ['display_name = a"b"', 'filter.bare_literal', 'at character 17'],
    ['display_name = a."b"', 'filter.syntax', 'at character 16: a value is quoted as a whole, or not at all'],
    [String.raw`display_name = "a\n"`, 'filter.syntax', String.raw`at character 18: a backslash stands before ", ', * or \ alone`],
    ['display_name = "a\0"', 'filter.syntax', 'NUL and halves of surrogate pairs are no text: leave them out'],
    ['display_name = "\ud800"', 'filter.syntax', 'NUL and halves'],
    ['passwordHash = x', 'filter.unknown_field', `at character 1: there is no field of this name to filter by: there are ${names}`],
    ['logins = 1 AND constructor = x', 'filter.unknown_field', 'at character 16: there is no field'],
    ['email.domain = x', 'filter.unknown_field', 'at character 1: this field has no fields within'],
    ['roles.0 : x', 'filter.unknown_field', 'at character 1: this field has no fields within'],
    ['email : ada', 'filter.unsupported_operator', 'at character 7: this field is compared by =, !=, <, <=, >, >=, and by :* for having a value'],
    ['status > ACTIVE', 'filter.unsupported_operator', 'at character 8: this field is compared by =, !=, and'],
    ['roles = admin', 'filter.unsupported_operator', 'at character 7: this field has several values: field:value'],
    ['metadata = x', 'filter.unsupported_operator', 'at character 10: this field is an object'],
    ['metadata.level > 1', 'filter.unsupported_operator', 'at character 16: what is in this field is compared by'],
    ['status = active', 'filter.value', 'at character 10: the value here is one of ACTIVE, ON_LEAVE, GONE'],
    ['id = 1', 'filter.value', 'at character 6: the value here is a UUID'],
    ['createTime > yesterday', 'filter.value', 'at character 14: the value here is a time by RFC 3339'],
    ['createTime > "2023-02-29T00:00:00Z"', 'filter.value', 'at character 14'],
    ['createTime > "0001-01-01T00:00:00+01:00"', 'filter.value', 'at character 14'],
    ['createTime > "2023-01-01T00:00:00.1234567Z"', 'filter.value', 'at character 14'],
    ['createTime > "2023-01-01T00:00:00"', 'filter.value', 'at character 14'],
    ['logins = 9223372036854775808', 'filter.value', 'at character 10: the value here is a whole number of 64 bits'],
    ['logins = 1.5', 'filter.value', 'at character 10'],
    ['score < NaN', 'filter.value', 'at character 9: the value here is a number'],
    ['score < 1e999', 'filter.value', 'at character 9'],
    ['verified = yes', 'filter.value', 'at character 12: the value here is true or false'],
    [
      'email = "*@example.com"',
      'filter.value',
      String.raw`at character 10: the wildcard * stands at the end alone; one that is part of the text is \* in quotes`,
    ],
    ['email > "a*"', 'filter.value', 'at character 9: a wildcard goes with = and != alone'],
    ['status = ACT*', 'filter.value', 'at character 10: a wildcard is for text alone'],
    ['roles : adm*', 'filter.value', 'at character 9: this field knows no wildcard'],
    ['metadata.plan = p*', 'filter.value', 'at character 17: this field knows no wildcard'],
    [`${'('.repeat(21)}logins=1${')'.repeat(21)}`, 'filter.too_deep', 'at character 21: parentheses may be nested 20 deep'],
    [`logins=1${' logins=1'.repeat(50)}`, 'filter.too_long', 'at character 451: a filter may have 50 comparisons'],
    [`display_name = "${'x'.repeat(1_984)}"`, 'filter.too_long', 'a filter may have 2000 characters'],
  ])('%j is refused as %s', (filter, reason, description) => {
    expect(violationOf(() => compileFilter(fields, filter))).toEqual({ field: 'filter', reason, description: expect.stringContaining(description) });
  });

  it.each([
    ['20 parentheses deep', `${'('.repeat(20)}logins=1${')'.repeat(20)}`],
    ['with 20 beside each other', `${'(logins=1)'.repeat(20)}((logins=1))`],
    ['of 50 comparisons', `logins=1${' logins=1'.repeat(49)}`],
    ['of 2000 characters', `display_name = "${'x'.repeat(1_983)}"`],
  ])('is none that is %s', (_, filter) => expect(compileFilter(fields, filter).values).not.toHaveLength(0));

  it('is refused without a word of what the caller wrote', () => {
    for (const filter of ['qzx@example.com', 'qzx = 1', 'email : "qzx@"', 'id = qzx', '"qzx', 'qzx(1)', 'status = qzx', 'email = "a*qzx"'])
      expect(JSON.stringify(violationOf(() => compileFilter(fields, filter)))).not.toMatch(/qzx/i);
  });
});

describe('an order that cannot be', () => {
  const sortable = 'id, email, createTime, logins';
  it.each([
    ['displayName', 'order_by.unknown_field', `at character 1: there is no field of this name to order by: there are ${sortable}`],
    ['email,  passwordHash desc', 'order_by.unknown_field', 'at character 9: there is no field'],
    ['email, email desc', 'order_by.duplicate_field', 'at character 8: this field is there already: name it once'],
    ['create_time, createTime', 'order_by.duplicate_field', 'at character 14: this field is there already'],
    ['email descending', 'order_by.syntax', 'at character 1: an order is fields with commas between'],
    ['email,', 'order_by.syntax', 'at character 7'],
    [',', 'order_by.syntax', 'at character 1'],
    ['email'.padEnd(501), 'order_by.too_long', 'an order may have 500 characters'],
  ])('%j is refused as %s', (orderBy, reason, description) => {
    expect(violationOf(() => compileOrderBy(fields, orderBy, { unique: 'id' }))).toEqual({
      field: 'orderBy',
      reason,
      description: expect.stringContaining(description),
    });
  });
});

describe('a page size', () => {
  it.each([
    [0, 50],
    [1, 1],
    [200, 200],
    [2 ** 31 - 1, 200],
  ])('of %d is one of %d (AIP-158)', (asked, size) => expect(toPageSize(asked, { default: 50, max: 200 })).toBe(size));

  it('of less than nothing is refused', () =>
    expect(violationOf(() => toPageSize(-1, { default: 50, max: 200 }))).toEqual({
      field: 'pageSize',
      reason: 'page_size.negative',
      description: 'a page has 1 to 200 rows, 50 where none are asked for with 0: ask for no fewer than 0',
    }));
});

describe('a declaration of fields', () => {
  it('with two of one name stops the start', () => expect(() => defineFields({ createTime: text('a'), create_time: text('b') })).toThrow(RangeError));
  it('whose unique field has no order stops the request', () => expect(() => compileOrderBy(fields, '', { unique: 'displayName' })).toThrow(RangeError));
});
