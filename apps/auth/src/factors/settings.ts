import { seconds } from '@gatehouse/lifecycle';
import { z } from 'zod';

/** Settings of second factors. */
export const factorConfig = {
  AUTH_TOTP_ISSUER: z
    .string()
    .regex(/^[^:\p{Cc}]{1,64}$/u, 'must be 1 to 64 characters without a colon')
    .default('Gatehouse')
    .describe('what authenticator apps call the installation'),
  AUTH_LOGIN_TOKEN_SECONDS: seconds(30, 3_600).default(300).describe('how long a login waits for the code of a second factor'),
};
