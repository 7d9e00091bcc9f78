import { Agent, request } from 'node:http';
import { isReady } from './containers';
import { httpPort, type Replica } from './settings';

export interface Load {
  /** Ends it; gives how many requests were answered with 200, and what became of each other one. */
  stop(): Promise<{ answered: number; failed: readonly string[] }>;
}

/** Somebody who has signed up. */
export interface Person {
  readonly email: string;
  readonly password: string;
  readonly token: string;
}

/**
 * Asks from eight connections without a pause, through the gateways that say they are ready, as a load balancer would: seven read
 * `/v1/users/me`, which `user` answers, one logs in, which `auth` answers.
 */
export function startLoad(gateways: readonly Replica[], { email, password, token }: Person): Load {
  const agent = new Agent({ keepAlive: true });
  const ready = new Set(gateways);
  let isGoingOn = true;
  let answered = 0;
  const failed: string[] = [];

  const look = async () => {
    while (isGoingOn)
      for (const gateway of gateways) {
        if (await isReady(gateway)) ready.add(gateway);
        else ready.delete(gateway);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
  };
  const ask = (host: string, method: string, path: string, headers: Record<string, string>, body?: string) =>
    new Promise<string>((resolve) => {
      request({ agent, host, port: httpPort, method, path, headers }, (response) => {
        let text = '';
        response
          .on('data', (chunk) => (text += chunk))
          .once('close', () =>
            resolve(response.complete ? (response.statusCode === 200 ? '200' : `${path}: ${response.statusCode} ${text}`) : 'an answer was cut off'),
          );
      })
        .once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
        .end(body);
    });
  const read = (host: string) => ask(host, 'GET', '/v1/users/me', { authorization: `Bearer ${token}` });
  const logIn = (host: string) => ask(host, 'POST', '/v1/auth/login', { 'content-type': 'application/json' }, JSON.stringify({ email, password }));
  const work = async (seed: number) => {
    for (let turn = seed; isGoingOn; turn++) {
      const open = [...ready];
      const gateway = open[turn % open.length];
      if (!gateway) {
        failed.push('no gateway was ready');
        return;
      }
      const outcome = await (seed === 0 ? logIn : read)(gateway.address);
      if (outcome === '200') answered++;
      else failed.push(outcome);
    }
  };
  const all = Promise.all([look(), ...Array.from({ length: 8 }, (_, seed) => work(seed))]);
  return {
    async stop() {
      isGoingOn = false;
      await all;
      agent.destroy();
      return { answered, failed };
    },
  };
}
