import { declareError } from '@gatehouse/errors';

/** What a service's contract declares for its followers. */
export const cursorExpired = declareError({
  code: 'OUT_OF_RANGE',
  reason: 'CURSOR_EXPIRED',
  domain: 'test',
  title: 'Cursor expired',
  message: 'begin anew',
  retry: 'never',
  metadata: [],
});
