import { create, type DescMessage, fromJson, type JsonObject } from '@bufbuild/protobuf';
import { createRegistryOf, findConfidential } from '../src';
import { descriptorSet } from './gen/descriptor-set';

const schema = createRegistryOf([descriptorSet]).getMessage('test.v1.Confidant') as DescMessage;
const find = (json: JsonObject) => findConfidential(schema, fromJson(schema, json));

describe('what is confidential in a message', () => {
  it('is each value of a marked field, in lists, maps and marked messages too, and nothing else', () => {
    const found = find({
      id: 'open',
      name: 'Ada',
      secret: Buffer.from('hunter2').toString('base64'),
      nicknames: ['Countess', 'Enchantress'],
      answers: { pet: 'Puff' },
      address: { city: 'London' },
      pin: '1815',
    });
    expect(found).toEqual(['Ada', 'hunter2', 'Countess', 'Enchantress', 'pet', 'Puff', 'London', '1815']);
  });

  it('is found in messages inside of it, however deep', () => {
    expect(find({ friends: [{ id: 'open', name: 'Mary' }, { friends: [{ name: 'Charles' }] }] })).toEqual(['Mary', 'Charles']);
  });

  it('is nothing where nothing is set', () => {
    expect(findConfidential(schema, create(schema))).toEqual([]);
  });
});
