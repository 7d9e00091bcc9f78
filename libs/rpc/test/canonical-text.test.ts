import type { ServiceError } from '@grpc/grpc-js';
import { Struct } from './gen/google/protobuf/struct';
import type { RpcInterceptor } from '../src';
import { caught } from './connect';
import { TellRequest } from './gen/test/v1/rules';
import { startRuleService } from './rule-service';

const apart = 'e\u0301';
const whole = '\u00e9';
const id = '018F0000-0000-7000-8000-00000000ABCD';

describe('text in a request', () => {
  it('is in NFC wherever it is, and bytes are as they were', async () => {
    const { client } = await startRuleService();
    const { told } = await client.tell({
      plain: apart,
      items: ['a', apart],
      labels: { [apart]: apart, b: 'b' },
      children: { [apart]: { plain: apart } },
      child: { child: { plain: apart } },
      choice: { $case: 'chosen', value: apart },
      wrapped: apart,
      structure: { [apart]: [apart, { [apart]: apart }], n: 1, t: true, z: null },
      value: { [apart]: apart },
      list: [apart, [apart]],
      structures: [{ [apart]: apart }],
      maybe: apart,
      byNumber: { '-1': apart },
      data: Buffer.from(apart),
    });
    expect(told).toMatchObject({
      plain: whole,
      items: ['a', whole],
      labels: { [whole]: whole, b: 'b' },
      children: { [whole]: { plain: whole } },
      child: { child: { plain: whole } },
      choice: { $case: 'chosen', value: whole },
      wrapped: whole,
      structure: { [whole]: [whole, { [whole]: whole }], n: 1, t: true, z: null },
      value: { [whole]: whole },
      list: [whole, [whole]],
      structures: [{ [whole]: whole }],
      maybe: whole,
      byNumber: { '-1': whole },
      data: Buffer.from(apart),
    });
    expect((await client.tell({ choice: { $case: 'wrappedChoice', value: apart } })).told?.choice?.value).toBe(whole);
    expect(Object.keys(Struct.unwrap(Struct.wrap(told!.structure!)))).toEqual([whole, 'n', 't', 'z']);
  });

  it('that is so already, or is no text, comes as it was sent', async () => {
    const { client } = await startRuleService();
    for (const plain of ['', 'ascii', whole, '😀', '日本語', '\u0344'.normalize('NFC')])
      expect((await client.tell({ plain, maybe: plain })).told).toMatchObject({ plain, maybe: plain });
    expect((await client.tell({})).told).toEqual(TellRequest.fromPartial({}));
  });

  it('is the same to who may be let in and to the handler', async () => {
    const seen: unknown[] = [];
    const look: RpcInterceptor = (call, next) => (seen.push((call.message as unknown as TellRequest).plain, (call.request as TellRequest).plain), next());
    const { client } = await startRuleService({ access: () => ({ authenticate: (_call, next) => next(), authorize: look }) });
    expect((await client.tell({ plain: apart })).told?.plain).toBe(whole);
    expect(seen).toEqual([whole, whole]);
  });

  it('is no key of a map that would be lost on its way to the handler', async () => {
    const { tell } = await startRuleService();
    const entry = (tag: number) => Buffer.concat([Buffer.from([tag, 13, 0x0a, 9]), Buffer.from('__proto__'), Buffer.from([0x12, 0])]);
    for (const tag of [0x1a, 0x22])
      expect(await caught<ServiceError>(tell(entry(tag)))).toMatchObject({ code: 3, details: 'the request breaks a rule of its contract' });
  });

  it('may not pile up combining characters, which would take longer to order than anybody waits', async () => {
    const { client } = await startRuleService();
    const marks = (count: number) => '\u0301\u0323'.repeat(count / 2);
    expect((await client.tell({ plain: `a${marks(30)}` })).told?.plain).toBe(`a${marks(30)}`.normalize('NFC'));
    expect(
      (await caught(client.tell({ plain: `a${marks(200_000)}`, items: [`b${marks(32)}`] }))).violations.map(({ field, reason }) => `${field}: ${reason}`),
    ).toEqual(['plain: string.combining', 'items[0]: string.combining']);
  });

  it('may not make two keys of a map one', async () => {
    const { client } = await startRuleService();
    const error = await caught(client.tell({ labels: { [apart]: '1', [whole]: '2' }, structure: { a: { [whole]: 1, [apart]: 2 } } }));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'VALIDATION_FAILED' });
    expect(error.violations).toEqual([
      expect.objectContaining({ field: `labels["${whole}"]`, reason: 'map.unique' }),
      expect.objectContaining({ field: `structure["a"]["${apart}"]`, reason: 'map.unique' }),
    ]);
  });
});

describe('the canonical form', () => {
  const told = async (request: Parameters<Awaited<ReturnType<typeof startRuleService>>['client']['tell']>[0]) =>
    (await (await startRuleService()).client.tell(request)).told!;

  it.each([
    ['Ada@EXAMPLE.com', 'Ada@example.com'],
    ['ada@bücher.example', 'ada@xn--bcher-kva.example'],
    ['ada@BU\u0308CHER.example', 'ada@xn--bcher-kva.example'],
    ['ada@faß.example', 'ada@xn--fa-hia.example'],
    ['ada@XN--BCHER-KVA.example', 'ada@xn--bcher-kva.example'],
    ['ada@ｅｘａｍｐｌｅ。com', 'ada@example.com'],
    // KELVIN SIGN is K by Unicode's own equivalence
    ['\u212Aate@\u212A.example', 'Kate@k.example'],
    // no name of a domain: as it was, for the rules to judge
    ['ada@１２７.１', 'ada@１２７.１'],
    ['ada@ü%41.example', 'ada@ü%41.example'],
    ['ada@ü.example/x', 'ada@ü.example/x'],
    ['ada@ü.example:80', 'ada@ü.example:80'],
    [' ada@EXAMPLE.com ', ' ada@example.com '],
    ['İ@İ.example', 'İ@xn--i-9bb.example'],
    ['NOBODY', 'NOBODY'],
    ['', ''],
  ])('of the email %p is %p, and has no other', async (email, canonical) => {
    expect((await told({ email })).email).toBe(canonical);
    expect((await told({ email: canonical })).email).toBe(canonical);
  });

  it('of a UUID is in lower case, and what is none stays as it is', async () => {
    expect(await told({ id, ids: ['ME', id] })).toMatchObject({ id: id.toLowerCase(), ids: ['ME', id.toLowerCase()] });
    const { client } = await startRuleService();
    expect((await caught(client.tell({ ids: [id, id.toLowerCase()] }))).violations).toMatchObject([{ field: 'ids', reason: 'repeated.unique' }]);
  });

  it.each([
    ['  Ada   Lovelace ', 'Ada Lovelace'],
    ['\u00a0Ada\u2003\u3000Lovelace\u202f', 'Ada Lovelace'],
    ['   ', ''],
    ['Jose\u0301', 'José'],
    // a length is judged after
    [`    ${'x'.repeat(12)}    `, 'x'.repeat(12)],
    ['👩\u200d🚀', '👩\u200d🚀'],
  ])('of the name %p is %p, and has no other', async (name, canonical) => {
    expect((await told({ name })).name).toBe(canonical);
    expect((await told({ name: canonical })).name).toBe(canonical);
  });

  it.each([
    'a\nb',
    '\tAda',
    'a\u0085',
    '\u202eadA',
    'a\u2066b',
    'a\u200fb',
    'a\u2028b',
    'a\u007f',
    '\u200b',
    '\u3164',
    'Admin\u200d',
    'Ad\u200dmin',
    'a\ufe0f',
    '\ufeffx',
    '\u{e0041}',
    '\uffff',
    '\ue000',
  ])('is not to be had of the name %j', async (name) => {
    const { client } = await startRuleService();
    expect((await caught(client.tell({ child: { name } }))).violations).toMatchObject([{ field: 'child.name', reason: 'name.control' }]);
  });

  it('is told of together with what breaks a rule', async () => {
    const { client } = await startRuleService();
    const error = await caught(client.tell({ name: `\u202e${'x'.repeat(12)}`, plain: '\0' }));
    expect(error.violations.map(({ field, reason }) => `${field}: ${reason}`)).toEqual(['plain: string.nul', 'name: name.control', 'name: string.max_len']);
  });
});
