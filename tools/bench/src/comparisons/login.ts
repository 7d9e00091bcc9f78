import type { Comparison, Sample } from '../comparison';
import { loadCalls } from '../load';
import type { HasherQuestion } from '../measured/hasher';
import { startOwn } from '../own-process';
import { password, startSignInServices } from '../sign-in-services';

/** What a login costs around its password. */
export const login: Comparison = {
  name: 'login',
  title: 'A login around its password',
  about:
    'Login by gRPC against verifying the same password with argon2id alone, with the same library and parameters, in a process that does nothing else: CPU time of `auth` with its telemetry, database access, the question to `user`, signing the token and opening the session.',
  measure: 'difference',
  bar: 3_000,
  async open({ nodeArguments }) {
    const hasher = await startOwn('hasher', nodeArguments);
    const services = await startSignInServices(20, nodeArguments).catch(async (error) => {
      await hasher.stop();
      throw error;
    });
    const { auth, client, people } = services;
    let turn = 0;
    const logIn = async () => void (await client.login({ email: people[turn++ % people.length]!.email, password }));
    return {
      pairs: [
        {
          name: 'auth, gRPC',
          requests: 200,
          baseline: { name: 'argon2id', sample: (count) => hasher.ask<Sample, HasherQuestion>({ ask: 'verify', count }) },
          contender: { name: 'Login', sample: (count) => auth.measure(count, () => loadCalls(count, logIn)) },
        },
      ],
      async close() {
        await services.close();
        await hasher.stop();
      },
    };
  },
};
