import { randomBytes } from 'node:crypto';
import { AppError, type ErrorOptions } from '@gatehouse/errors';
import { createPageTokens } from '../src';

const secret = randomBytes(32);
const invalid = (options: ErrorOptions) =>
  new AppError({ code: 'INVALID_ARGUMENT', reason: 'PAGE_TOKEN_INVALID', domain: 'people.gatehouse', message: 'start from the first page', ...options });
const tokens = createPageTokens({ secret, label: 'people/List', invalid });
const query = { filter: 'verified = true', orderBy: 'email asc, id asc' };
const rowKey = ['ada@example.com', '2026-01-31T08:00:00.000001Z', '-9223372036854775808', ''];

const refusal = (reason: string) =>
  expect.objectContaining({
    reason: 'PAGE_TOKEN_INVALID',
    violations: [{ field: 'pageToken', reason, description: expect.stringMatching(/leave it out to start from the first page$/) }],
  });

describe('a page token', () => {
  it('gives back the row that it was made for', () => expect(tokens.open(tokens.seal(query, rowKey), query)).toEqual(rowKey));
  it('is the same query whatever the order of its parts', () =>
    expect(tokens.open(tokens.seal(query, rowKey), { orderBy: query.orderBy, filter: query.filter })).toEqual(rowKey));
  it('that is empty asks for the first page', () => expect(tokens.open('', query)).toBeUndefined());

  it('says nothing of the row, is another each time, and goes into a URL as it is', () => {
    const [one, other] = [tokens.seal(query, rowKey), tokens.seal(query, rowKey)];
    expect(one).not.toBe(other);
    expect(one).toMatch(/^[\w-]+$/);
    expect(Buffer.from(one, 'base64url').toString('latin1')).not.toMatch(/ada|example|2026|verified/);
  });

  it.each([
    ['another filter', { ...query, filter: 'verified = false' }],
    ['another order', { ...query, orderBy: 'email desc, id desc' }],
    ['less', { filter: query.filter }],
    ['more', { ...query, parent: 'x' }],
  ])('of a query with %s is told to be so', (_, other) => {
    expect(() => tokens.open(tokens.seal(query, rowKey), other)).toThrow(refusal('page_token.other_query'));
  });

  it('with any bit changed is none of ours', () => {
    const bytes = Buffer.from(tokens.seal(query, rowKey), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => tokens.open(changed.toString('base64url'), query)).toThrow(refusal('page_token.unknown'));
    }
  });

  it('that is cut off, lengthened or no base64url is none of ours', () => {
    const token = tokens.seal(query, rowKey);
    const strangers = [
      'x',
      'AA',
      `${token}A`,
      `${token}=`,
      ` ${token}`,
      `${token}\n`,
      '\0',
      'é',
      'A'.repeat(1_000_000),
      randomBytes(100).toString('base64url'),
    ];
    for (const stranger of [...strangers, ...Array.from(token, (_, end) => token.slice(0, end)).slice(1)])
      expect(() => tokens.open(stranger, query)).toThrow(refusal('page_token.unknown'));
  });

  it('of another method or another secret is none of ours', () => {
    for (const other of [
      createPageTokens({ secret, label: 'people/Search', invalid }),
      createPageTokens({ secret: randomBytes(32), label: 'people/List', invalid }),
    ])
      expect(() => tokens.open(other.seal(query, rowKey), query)).toThrow(refusal('page_token.unknown'));
  });

  it('opens in a process that started later with the same secret', () =>
    expect(createPageTokens({ secret: Uint8Array.from(secret), label: 'people/List', invalid }).open(tokens.seal(query, rowKey), query)).toEqual(rowKey));

  it('is not made with a short secret', () => expect(() => createPageTokens({ secret: randomBytes(16), label: 'x', invalid })).toThrow(RangeError));
});
