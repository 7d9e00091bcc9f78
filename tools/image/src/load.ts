import { Agent, request } from 'node:http';
import { isReady } from './containers';

/** A way in, and whether a load balancer would send it requests. */
export interface Entrance {
  readonly port: number;
  readonly adminPort: number;
}

export interface Load {
  /** Ends it; gives how many requests were answered with 200, and what became of each other one. */
  stop(): Promise<{ answered: number; failed: readonly string[] }>;
}

/** Reads `/v1/users/me` from eight connections without a pause, through the entrances that say they are ready, as a load balancer would. */
export function startLoad(entrances: readonly Entrance[], token: string): Load {
  const agent = new Agent({ keepAlive: true });
  const ready = new Set(entrances);
  let isGoingOn = true;
  let answered = 0;
  const failed: string[] = [];

  const look = async () => {
    while (isGoingOn)
      for (const entrance of entrances) {
        if (await isReady(entrance.adminPort)) ready.add(entrance);
        else ready.delete(entrance);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
  };
  const ask = (port: number) =>
    new Promise<string>((resolve) => {
      request({ agent, host: '127.0.0.1', port, path: '/v1/users/me', headers: { authorization: `Bearer ${token}` } }, (response) => {
        response.resume().once('close', () => resolve(response.complete ? String(response.statusCode) : 'an answer was cut off'));
      })
        .once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
        .end();
    });
  const work = async (seed: number) => {
    for (let turn = seed; isGoingOn; turn++) {
      const open = [...ready];
      const entrance = open[turn % open.length];
      if (!entrance) {
        failed.push('no entrance was ready');
        return;
      }
      const outcome = await ask(entrance.port);
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
