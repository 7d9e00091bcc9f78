import type { ServiceError } from '@grpc/grpc-js';
import type { PartialMessage } from '../src';
import { caught } from './connect';
import { Colour, type Ruled, TellRequest } from './gen/test/v1/rules';
import { kindsOfCall, startRuleService, valid } from './rule-service';

const manyBytes = (length: number) => Buffer.alloc(length);
/** Rule, a message that keeps it, one that breaks it, and what is said of that. */
const rules: [string, PartialMessage<Ruled>, PartialMessage<Ruled>, string[]][] = [
  ['a length in characters', { characters: '😀😀😀' }, { characters: 'abcd' }, ['ruled.characters: string.max_len']],
  ['a length in bytes', { octets: 'éé' }, { octets: '😀a' }, ['ruled.octets: string.max_bytes']],
  ['a pattern', { pattern: 'abc' }, { pattern: 'aBc' }, ['ruled.pattern: string.pattern']],
  ['an email', { email: 'a@example.com' }, { email: 'a@b@c' }, ['ruled.email: string.email']],
  ['a UUID', { uuid: '018f0000-0000-7000-8000-000000000001' }, { uuid: '018f' }, ['ruled.uuid: string.uuid']],
  ['the least number', { number: 0n }, { number: -1n }, ['ruled.number: int64.gte_lt']],
  ['the greatest number', { number: 9n }, { number: 10n }, ['ruled.number: int64.gte_lt']],
  ['a value that the enum has', { defined: Colour.COLOUR_BLUE }, { defined: 9 as Colour }, ['ruled.defined: enum.defined_only']],
  ['a value that is not wanted', { forbidden: 9 as Colour }, { forbidden: Colour.COLOUR_BLUE }, ['ruled.forbidden: enum.not_in']],
  ['a field that must be there', { required: ' ' }, { required: '' }, ['ruled.required: required']],
  ['the fewest items', { few: ['a', 'b'] }, { few: ['a'] }, ['ruled.few: repeated.min_items']],
  ['the most items', { few: ['a', 'b', 'c'] }, { few: ['a', 'b', 'c', 'd'] }, ['ruled.few: repeated.max_items']],
  ['items that differ', { unique: ['a', 'b'] }, { unique: ['a', 'a'] }, ['ruled.unique: repeated.unique']],
  ['each item', { items: ['a'] }, { items: ['a', '', 'b', ''] }, ['ruled.items[1]: string.min_len', 'ruled.items[3]: string.min_len']],
  ['the most pairs', { pairs: { a: 1, b: 2 } }, { pairs: { a: 1, b: 2, c: 3 } }, ['ruled.pairs: map.max_pairs']],
  ['each key', { pairs: { a: 1 } }, { pairs: { A: 1 } }, ['ruled.pairs["A"]: string.pattern']],
  ['each value', { pairs: { a: 0 } }, { pairs: { a: -1 } }, ['ruled.pairs["a"]: int32.gte']],
  ['a number of bytes', { data: manyBytes(2) }, { data: manyBytes(3) }, ['ruled.data: bytes.max_len']],
  ['a time', { past: new Date('2001-01-01T00:00:00Z') }, { past: new Date('2999-01-01T00:00:00Z') }, ['ruled.past: timestamp.lt_now']],
  ['a message within', { part: { text: 'abc' } }, { part: { text: 'abcd' } }, ['ruled.part.text: string.max_len']],
  ['a message in a map', { parts: { 'a b': { text: 'abc' } } }, { parts: { 'a b': { text: 'abcd' } } }, ['ruled.parts["a b"].text: string.max_len']],
  ['a choice', { choice: { $case: 'right', value: '' } }, { choice: undefined }, ['ruled.choice: required']],
  ['two fields together', { first: 1, last: 2 }, { first: 2, last: 1 }, ['ruled: ruled.order']],
  ['a rule of our own', { handle: 'a-1' }, { handle: 'A 1' }, ['ruled.handle: string.slug']],
  ['an expression', { even: 'ab' }, { even: 'abc' }, ['ruled.even: even']],
];

describe.each(Object.entries(kindsOfCall))('a %s call is held to', (_kind, send) => {
  it.each(rules)('%s', async (_rule, kept, broken, violations) => {
    const { client } = await startRuleService();
    await send(client, { ...valid, ...kept });
    const error = await caught(send(client, { ...valid, ...broken }));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'VALIDATION_FAILED' });
    expect(error.violations.map(({ field, reason }) => `${field}: ${reason}`)).toEqual(violations);
    expect(error.violations.every(({ description }) => description.length > 0)).toBe(true);
  });

  // an answer has room for 20: one rule in two each time
  it.each([0, 1])('many rules at once (%#)', async (half) => {
    const { client } = await startRuleService();
    const byField = new Map(rules.filter((_rule, index) => index % 2 === half).map((rule) => [Object.keys(rule[2])[0], rule]));
    const broken = Object.assign({}, valid, ...[...byField.values()].map(([, , each]) => each));
    const error = await caught(send(client, broken));
    expect(error.violations.map(({ field, reason }) => `${field}: ${reason}`).sort()).toEqual(
      [...byField.values()].flatMap(([, , , violations]) => violations).sort(),
    );
    expect(error.violations.length).toBeGreaterThan(9);
  });
});

it('a stream of requests is answered up to the first message that breaks a rule', async () => {
  const { client } = await startRuleService();
  const requests = async function* () {
    yield { ruled: valid };
    yield { ruled: valid };
    yield { ruled: {} };
    yield { ruled: valid };
  };
  let answers = 0;
  const error = await caught(
    (async () => {
      for await (const _ of client.converse(requests())) answers++;
    })(),
  );
  expect([answers, error.reason]).toEqual([2, 'VALIDATION_FAILED']);
});

describe('what no rule can say', () => {
  const field = (number: number, content: Buffer) => Buffer.concat([Buffer.from([((number << 3) | 2) & 0x7f]), Buffer.from([content.length]), content]);
  const text = (content: string | Buffer) => Buffer.from(content as string);
  const wrong: [string, Buffer][] = [
    ['a broken sequence', Buffer.from([0xc3, 0x28])],
    ['half of a surrogate pair', Buffer.from([0xed, 0xa0, 0x80])],
    ['an overlong NUL', Buffer.from([0xc0, 0x80])],
    ['a code point beyond the last', Buffer.from([0xf4, 0x90, 0x80, 0x80])],
    ['a sequence cut short', Buffer.from([0xe2, 0x82])],
  ];
  const places: [string, (content: Buffer) => Buffer][] = [
    ['a field', (content) => field(1, content)],
    ['a list', (content) => field(2, content)],
    ['a map’s key', (content) => field(3, field(1, content))],
    ['a map’s value', (content) => field(3, Buffer.concat([field(1, text('a')), field(2, content)]))],
    ['a message within', (content) => field(5, field(1, content))],
    ['a oneof', (content) => field(6, content)],
    ['a wrapper', (content) => field(8, field(1, content))],
    ['a key of a Struct', (content) => field(9, field(1, field(1, content)))],
    ['a string of a Struct', (content) => field(9, field(1, Buffer.concat([field(1, text('a')), field(2, field(3, content))])))],
    ['a Value', (content) => field(10, field(3, content))],
  ];

  it.each(places)('text that is not UTF-8 is unreadable in %s, and never replaced', async (_place, put) => {
    const { tell } = await startRuleService();
    await expect(tell(put(text('é')))).resolves.toBeDefined();
    for (const [, content] of wrong) {
      const error = await caught<ServiceError>(tell(put(content)));
      expect([error.code, error.details]).toEqual([3, 'the request could not be read']);
    }
  });

  it('U+FFFD and U+FEFF that a caller did send are text like any other', async () => {
    const { client } = await startRuleService();
    expect((await client.tell({ plain: '\ufeffa\ufffd' })).told?.plain).toBe('\ufeffa\ufffd');
  });

  it('NUL breaks a rule wherever there is text, and bytes may have it', async () => {
    const { client } = await startRuleService();
    const error = await caught(
      client.tell({
        plain: '\0',
        items: ['a', '\0'],
        labels: { a: '\0', 'b\0': '' },
        child: { choice: { $case: 'chosen', value: '\0' } },
        wrapped: '\0',
        structure: { a: ['\0'] },
        value: '\0',
        byNumber: { 7: '\0' },
      }),
    );
    expect(error.violations.map(({ field, reason }) => `${field}: ${reason}`)).toEqual(
      ['plain', 'items[1]', 'labels["a"]', 'labels["b\\u0000"]', 'child.chosen', 'wrapped', 'structure["a"][0]', 'value.stringValue', 'byNumber["7"]'].map(
        (path) => `${path}: string.nul`,
      ),
    );
    expect((await client.tell({ data: manyBytes(2) })).told?.data).toHaveLength(2);
  });

  it('a field that only newer callers know is passed over', async () => {
    const { tell } = await startRuleService();
    const newer = Buffer.concat([
      Buffer.from(TellRequest.encode(TellRequest.fromPartial({ plain: 'a' })).finish()),
      Buffer.from([0xfa, 0x3e, 2, 0xff, 0xff]),
      Buffer.from([0xf0, 0x3e, 7]),
    ]);
    expect((await tell(newer))?.plain).toBe('a');
  });
});
