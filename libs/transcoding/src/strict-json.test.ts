import { JsonSyntaxError, parseStrictJson } from './strict-json';

const refusal = (text: string): string => {
  try {
    parseStrictJson(text);
    return 'taken';
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return error.message;
  }
};

describe('parseStrictJson', () => {
  it.each([
    'null',
    '"a"',
    '1.5e3',
    '{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '["a","a"]',
    '{"a":"\\ud83d\\ude00"}',
    ' {\n"a" : 1 }\t',
  ])('takes %s as JSON.parse does', (text) => expect(parseStrictJson(text)).toEqual(JSON.parse(text)));

  it.each([
    ['side by side', '{"a":1,"a":2}'],
    ['written in two ways', '{"a":1,"\\u0061":2}'],
    ['with other keys between', '{"a":1,"b":{"a":1},"a":2}'],
    ['in a list', '[{"a":1,"a":2}]'],
    ['with far between key and colon', `{"a"${' '.repeat(100)}:1,"a"${'\n'.repeat(1_000)}:2}`],
  ])('refuses a repeated key %s', (_name, text) => expect(refusal(text)).toBe('has a key twice in one object'));

  it('refuses an integer that no double can hold, and takes it as a string', () => {
    for (const number of ['9007199254740993', '-9007199254740993', '1'.repeat(500)]) expect(refusal(`{"a":${number}}`)).toContain('too large');
    for (const number of ['9007199254740991', '-9007199254740991', '0.1', '1e30', '"9007199254740993"']) expect(refusal(`{"a":${number}}`)).toBe('taken');
  });

  it('refuses half of a surrogate pair, in values and in keys', () => {
    for (const text of ['"\\ud800"', '{"\\udc00":1}', '["\\ude00\\ud83d"]']) expect(refusal(text)).toBe('holds half of a surrogate pair');
  });

  it('refuses what is nested deeper than 64, and no less', () => {
    const nest = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect([refusal(nest(64)), refusal(nest(65)), refusal(nest(30_000))]).toEqual([
      'taken',
      'is nested deeper than 64 levels',
      'is nested deeper than 64 levels',
    ]);
  });

  it('says where', () => {
    const whereOf = (text: string) => {
      try {
        return parseStrictJson(text);
      } catch (error) {
        return (error as JsonSyntaxError).path;
      }
    };
    expect(whereOf('{"a":{"b":[1,{"c":[[],["x",{"d":1,"d":2}]]}]}}')).toBe('a.b[1].c[1][1].d');
    expect(whereOf('[{"a":[1,2]},{"a":[1,9007199254740993]}]')).toBe('[1].a[1]');
    expect(whereOf('{"a":1,"a":2}')).toBe('a');
    expect(whereOf('"\\ud800"')).toBe('');
  });

  it('agrees with JSON.parse on everything else', () => {
    let state = 7;
    const random = (below: number) => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
    const pieces = ['{', '}', '[', ']', ',', ':', '"a"', '"b\\n"', '"\\u0061"', '1', '-2.5e1', 'true', 'null', ' ', '\n', '"', '\\'];
    const keysOf = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? Object.values(value).reduce((sum: number, each) => sum + keysOf(each), Array.isArray(value) ? 0 : Object.keys(value).length)
        : 0;
    for (let round = 0; round < 50_000; round++) {
      const text = Array.from({ length: 1 + random(9) }, () => pieces[random(pieces.length)]).join('');
      let parsed: { value: unknown } | undefined;
      try {
        parsed = { value: JSON.parse(text) };
      } catch {
        parsed = undefined;
      }
      if (!parsed) expect(refusal(text)).toBe('is not valid JSON');
      // a string followed by a colon is a key: one that is lost was there before
      else if (keysOf(parsed.value) < (text.match(/"\s*:/g) ?? []).length) expect(refusal(text)).toBe('has a key twice in one object');
      else expect(parseStrictJson(text)).toEqual(parsed.value);
    }
  });
});
