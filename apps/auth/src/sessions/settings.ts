import { z } from 'zod';

/** Settings of sessions. */
export const sessionSettings = {
  AUTH_NEW_DEVICE_MAIL: z
    .enum(['on', 'off'], { error: 'must be on or off' })
    .default('on')
    .describe('whether people are mailed when somebody logs in as them on a device that is not known'),
};
