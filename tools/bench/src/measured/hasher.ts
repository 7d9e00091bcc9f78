import { hash, verify } from '@node-rs/argon2';
import type { Sample } from '../comparison';

export interface HasherQuestion {
  readonly ask: 'verify';
  readonly count: number;
}

const password = 'correct horse battery';

/** Verifies a password so many times, with the parameters of `auth`, and does nothing else. */
export async function startHasher(): Promise<{ introduction: object; close: () => Promise<void> }> {
  const passwordHash = await hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  process.on('message', async ({ ask, count }: HasherQuestion) => {
    if (ask !== 'verify') return;
    const begin = process.cpuUsage();
    for (let done = 0; done < count; done++) if (!(await verify(passwordHash, password))) throw new Error('the password should be right');
    const { user, system } = process.cpuUsage(begin);
    process.send!({ requests: count, cpuMicros: user + system } satisfies Sample);
  });
  return { introduction: {}, close: async () => {} };
}
