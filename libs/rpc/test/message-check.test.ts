import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { createMessageCheck, type PartialMessage } from '../src';
import { caught, closeLater } from './connect';
import { descriptorSet } from './gen/descriptor-set';
import { GatherRequest, TellRequest } from './gen/test/v1/rules';
import { startRuleService, valid } from './rule-service';

const apart = 'e\u0301';
const whole = '\u00e9';

async function gather(...items: PartialMessage<TellRequest>[]) {
  const { client } = await startRuleService();
  return client.gather(
    (async function* () {
      yield { ruled: valid, items: items.map((told) => ({ told })) };
    })(),
  );
}

/** Sends one request of the stream as a foreign client would. */
function gatherBytes(target: string, bytes: Buffer): Promise<unknown> {
  const client = new Client(target, credentials.createInsecure());
  closeLater(() => client.close());
  const same = (value: Buffer) => value;
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest('/test.v1.RuleService/Gather', same, same, bytes, (error, answer) => (error ? reject(error) : resolve(answer))),
  );
}

describe('a field whose rules the contract ignores always', () => {
  it('does not end the request, whatever is wrong with it', async () => {
    await gather({ name: 'longer than twelve characters' }, { plain: 'a\0b' }, { name: 'a\u0007b' }, { plain: `a${'\u0301'.repeat(40)}` });
  });

  it('comes to the handler in canonical form', async () => {
    const { items } = await gather({ plain: apart, email: 'Ada@EXAMPLE.com', structure: { [apart]: [apart] } });
    expect(items).toEqual([{ told: TellRequest.fromPartial({ plain: whole, email: 'Ada@example.com', structure: { [whole]: [whole] } }) }]);
  });

  it('ends it by a key that the handler could not see', async () => {
    const { target } = await startRuleService();
    const field = (number: number, bytes: Buffer) => Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
    const send = (key: string) => {
      const told = field(3, Buffer.concat([field(1, Buffer.from(key)), field(2, Buffer.alloc(0))]));
      const ruled = GatherRequest.encode(
        GatherRequest.fromPartial({ ruled: { required: 'x', few: ['a', 'b'], choice: { $case: 'left', value: 'l' } } }),
      ).finish();
      return gatherBytes(target, Buffer.concat([ruled, field(2, field(1, told))]));
    };
    await send('prototype');
    expect(await caught<ServiceError>(send('__proto__'))).toMatchObject({ code: 3, details: 'the request breaks a rule of its contract' });
  });
});

describe('a message that is checked by itself', () => {
  const check = createMessageCheck(descriptorSet, 'test.v1.TellRequest', TellRequest);

  it('is told all that is wrong with it, by paths within it', () => {
    const violations = check(TellRequest.fromPartial({ plain: '\0', name: 'longer than twelve characters', child: { name: '\u0007' } }));
    expect(violations.map(({ field, reason }) => `${field}: ${reason}`)).toEqual(['plain: string.nul', 'child.name: name.control', 'name: string.max_len']);
    expect(check(TellRequest.fromPartial({ plain: 'a', name: 'Ada' }))).toEqual([]);
  });

  it('has to be of a type that is there', () => {
    expect(() => createMessageCheck(descriptorSet, 'test.v1.Nothing', TellRequest)).toThrow('test.v1.Nothing is no message of the descriptor set');
  });
});
