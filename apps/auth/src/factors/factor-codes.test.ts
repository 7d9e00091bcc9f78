import { unavailable } from '@gatehouse/contracts/api';
import { factorCodeInvalid, invalidCredentials, loginTokenInvalid } from '@gatehouse/contracts/auth';
import { createFactorCodes, createFactorKeyRing } from './factor-codes';

const subject = { userId: 'u-1', account: 'ada@example.com', client: { address: '203.0.113.7', userAgent: '' } };

/** What is counted of an attempt, and which events it raises. */
async function countedOf(work: () => Promise<unknown>): Promise<string[]> {
  const told: string[] = [];
  const codes = createFactorCodes({
    keyRing: createFactorKeyRing([Buffer.alloc(32)]),
    now: Date.now,
    tell: async () => {},
    security: { raise: (name, { userId } = {}) => void told.push(`${name} ${userId}`) },
    attempts: {
      async begin({ account }) {
        told.push(`begin ${account}`);
        return {
          failed: (userId) => void told.push(`failed ${userId}`),
          succeeded: async () => void told.push('succeeded'),
          withdrawn: async () => void told.push('withdrawn'),
        };
      },
    },
  });
  await codes.attempt(subject, work).catch((error) => told.push(error.reason));
  return told;
}

const begin = 'begin ada@example.com';

it('a wrong proof is a failed attempt of the account, whichever it was', async () => {
  const refused = ['factor_code_refused u-1', 'failed u-1'];
  expect(await countedOf(() => Promise.reject(factorCodeInvalid()))).toEqual([begin, ...refused, 'FACTOR_CODE_INVALID']);
  expect(await countedOf(() => Promise.reject(invalidCredentials()))).toEqual([begin, ...refused, 'INVALID_CREDENTIALS']);
});

it('a right one succeeds, and where nothing was looked at nothing counts', async () => {
  expect(await countedOf(async () => {})).toEqual([begin, 'succeeded']);
  expect(await countedOf(() => Promise.reject(loginTokenInvalid()))).toEqual([begin, 'withdrawn', 'LOGIN_TOKEN_INVALID']);
  expect(await countedOf(() => Promise.reject(unavailable()))).toEqual([begin, 'withdrawn', 'UNAVAILABLE']);
});
