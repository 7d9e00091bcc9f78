import { Agent, get } from 'node:http';

export interface Load {
  readonly statuses: number[];
  /** What cut off requests that were on their way. */
  readonly torn: unknown[];
  stop(): Promise<void>;
}

/** Thirty callers that ask who they are, one request after the other, until they are refused a connection. Each has a connection of its own. */
export function startLoad(url: string, token: string): Load {
  const ask = (agent: Agent) =>
    new Promise<number>((resolve, reject) => {
      const request = get(`${url}/v1/users/me`, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
        response
          .resume()
          .once('error', reject)
          .once('end', () => resolve(response.statusCode!));
      });
      request.once('error', reject);
    });
  const statuses: number[] = [];
  const torn: unknown[] = [];
  let stopped = false;
  const callers = Array.from({ length: 30 }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!stopped)
      try {
        statuses.push(await ask(agent));
      } catch (error) {
        const { code } = error as { code?: string };
        // a connection that was never taken is no answer that was lost
        if (code !== 'ECONNREFUSED') torn.push(code ?? error);
        return;
      }
    agent.destroy();
  });
  return {
    statuses,
    torn,
    async stop() {
      stopped = true;
      await Promise.all(callers);
    },
  };
}
