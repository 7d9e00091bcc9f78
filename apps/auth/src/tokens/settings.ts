import { integer, seconds, secretKey } from '@gatehouse/lifecycle';
import { z } from 'zod';

const secretKeys = z
  .string()
  .transform((text, context) => {
    const results = text
      .split(',')
      .filter(Boolean)
      .map((each) => secretKey.safeParse(each.trim()));
    if (results.some(({ success }) => !success)) context.addIssue('must be keys of 32 bytes in base64, with commas between');
    return results.flatMap(({ data }) => (data ? [data] : []));
  })
  .meta({ secret: true, form: '32 bytes in base64, several with commas between' });

/** Settings of tokens and of the keys that sign them. */
export const tokenSettings = {
  AUTH_PREVIOUS_SECRET_KEYS: secretKeys
    .prefault('')
    .describe(
      'values that `AUTH_SECRET_KEY` had, or is going to have: whatever was sealed under one of them is opened too, and digits that were mailed are known ([how to change it](auth-tokens.md#the-secret))',
    ),
  AUTH_SIGNING_KEY_ROTATION_DAYS: integer(0, 3_650, 'days')
    .default(30)
    .describe('how long tokens are signed with a key until the next one takes over; 0 for as long as nobody asks for another'),
  AUTH_ACCESS_TOKEN_JITTER_SECONDS: seconds(0, 3_600)
    .default(60)
    .describe('by how much the life of an access token is shortened at random, a tenth of it at most, so that not all are refreshed at once'),
};
