import { isIPv6 } from 'node:net';

const anyAddress: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
// less than a container engine waits before it counts a check as failed
const answerWithinMs = 3_000;

/**
 * Asks the process that listens on an admin port whether it is ready: the check of a container that has neither shell nor curl.
 * @param host what the process was told to listen on; an address that stands for all is asked on loopback
 * @throws Error that names the address, and the checks that fail where the process answered
 */
export async function requireReady(host: string, port: number): Promise<void> {
  const name = anyAddress[host] ?? host;
  const url = `http://${isIPv6(name) ? `[${name}]` : name}:${port}/readyz`;
  const response = await fetch(url, { signal: AbortSignal.timeout(answerWithinMs) }).catch((cause: Error) => {
    throw new Error(`nothing answers on ${url}`, { cause });
  });
  if (!response.ok) throw new Error(`${url} says ${response.status}: ${await response.text()}`);
}
