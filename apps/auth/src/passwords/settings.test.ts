import { z } from 'zod';
import { passwordConfig } from './settings';

const schema = z.object(passwordConfig);
const key = Buffer.alloc(32, 1).toString('base64');

describe('the settings of passwords', () => {
  it('are safe where nothing is said', () => {
    expect(schema.parse({})).toMatchObject({
      AUTH_ARGON2_MEMORY_KIB: 19_456,
      AUTH_ARGON2_PASSES: 2,
      AUTH_PASSWORD_MIN_LENGTH: 8,
      AUTH_PASSWORD_MIN_STRENGTH: 2,
      AUTH_PASSWORD_HISTORY: 5,
      AUTH_PASSWORD_CONTEXT_WORDS: ['gatehouse'],
      AUTH_BREACHED_PASSWORDS_FAIL: 'open',
    });
  });

  it.each([
    ['AUTH_ARGON2_MEMORY_KIB', '19455', 'must be a whole number from 19456'],
    ['AUTH_ARGON2_PASSES', '1', 'must be a whole number from 2'],
    ['AUTH_PASSWORD_MIN_LENGTH', '7', 'must be a whole number from 8 to 64'],
    ['AUTH_PASSWORD_MIN_STRENGTH', '5', 'must be a whole number from 0 to 4'],
    ['AUTH_PASSWORD_PEPPERS', key, 'must be id:key'],
    ['AUTH_PASSWORD_PEPPERS', `k1:${key.slice(4)}`, 'must be id:key'],
    ['AUTH_PASSWORD_PEPPERS', `k1:${key},k1:${key}`, 'must be id:key'],
    ['AUTH_PASSWORD_PEPPERS', `ninechars:${key}`, 'must be id:key'],
    ['AUTH_PASSWORD_PEPPERS', `k1:${key},`, 'must be id:key'],
    ['AUTH_BREACHED_PASSWORDS_URL', 'ftp://example.com', 'must be an http or https URL'],
    ['AUTH_BREACHED_PASSWORDS_URL', 'https://example.com/?key=1', 'must have neither query nor fragment'],
    ['AUTH_BREACHED_PASSWORDS_FAIL', 'ajar', 'must be open or closed'],
    ['AUTH_PASSWORD_CONTEXT_WORDS', 'one,,two', 'must be words'],
    ['UV_THREADPOOL_SIZE', '1', 'must be a whole number from 2'],
  ])('%s is refused as %s', (name, value, message) => {
    const { error } = schema.safeParse({ [name]: value });
    expect(error?.issues).toEqual([expect.objectContaining({ path: [name], message: expect.stringContaining(message) })]);
    if (name === 'AUTH_PASSWORD_PEPPERS') expect(JSON.stringify(error!.issues)).not.toContain(key.slice(4));
  });

  it('take several peppers, the first one first', () => {
    expect(schema.parse({ AUTH_PASSWORD_PEPPERS: `k2:${key}, k1:${key}` }).AUTH_PASSWORD_PEPPERS?.map(({ id }) => id)).toEqual(['k2', 'k1']);
  });
});
