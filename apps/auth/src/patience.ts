import { isAppError } from '@gatehouse/errors';
import { setTimeout as pause } from 'node:timers/promises';

/** Does `work` again and again while what it needs cannot be reached, for so many milliseconds; `onWait` is told of each time. */
export async function withPatience<T>(patienceMs: number, work: () => Promise<T>, onWait: () => void = () => {}): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;)
    try {
      return await work();
    } catch (error) {
      if (!isAppError(error) || error.kind !== 'infrastructure' || performance.now() > end) throw error;
      onWait();
      await pause(250);
    }
}
