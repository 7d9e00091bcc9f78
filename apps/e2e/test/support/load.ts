import { send } from './http';

export interface Load {
  readonly statuses: number[];
  /** What cut off requests that were on their way. */
  readonly torn: unknown[];
  stop(): Promise<void>;
}

/** Thirty callers that ask who they are, one request after the other, until they are refused a connection. */
export function startLoad(url: string, token: string): Load {
  const statuses: number[] = [];
  const torn: unknown[] = [];
  let stopped = false;
  const callers = Array.from({ length: 30 }, async () => {
    while (!stopped)
      try {
        statuses.push((await send(url, 'GET', '/v1/users/me', { token })).status);
      } catch (error) {
        const { code } = (error as { cause?: { code?: string } }).cause ?? {};
        // a connection that was never taken is no answer that was lost
        if (code !== 'ECONNREFUSED') torn.push(code ?? error);
        return;
      }
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
