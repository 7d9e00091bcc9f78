import type { Gatehouse } from './gatehouse';
import { toShown } from './output';
import { StartError } from './ports';

const isTerminal = process.stdout.isTTY === true;
export const screen = { isTerminal, hasColors: isTerminal && process.stdout.hasColors() };
// Milliseconds.
const sameWishMs = 1_000;

/** Tells what the launcher itself does. */
export const tell = (text: string): void => console.log(isTerminal ? `· ${text}` : text);

/** Shows a line of a service; gives it as it was shown. */
export function show(service: string, line: string): string {
  const shown = toShown(service, line, screen);
  console.log(shown);
  return shown;
}

/** Tells why nothing can be done, and ends. */
export function fail(error: unknown): never {
  console.error(error instanceof StartError ? error.message : error);
  process.exit(1);
}

/**
 * Starts everything, and stops it when the terminal or who started us says so, or when a service ends that nobody mends.
 * @param onReady told when the lines on where to find it stand there
 */
export function runAtTerminal(gatehouse: Gatehouse, onReady: () => void = () => {}): void {
  let stopping = false;
  let stoppingSince = 0;
  async function stop(code: number): Promise<void> {
    if (stopping) {
      // one wish to stop may reach us twice: from the terminal or `timeout`, and again from npm, which passes it on
      if (Date.now() - stoppingSince < sameWishMs) return;
      await gatehouse.kill();
      process.exit(1);
    }
    stopping = true;
    stoppingSince = Date.now();
    tell('stopping');
    await gatehouse.stop();
    process.exit(code || process.exitCode);
  }

  // a reader of our output that went away is no reason to leave processes behind
  process.stdout.on('error', () => {});
  process.on('SIGINT', () => void stop(0));
  process.on('SIGTERM', () => void stop(0));
  process.on('SIGHUP', () => void stop(0));

  // npm that is killed tells nobody: but then we have another parent
  if (process.env.npm_lifecycle_event) {
    const parent = process.ppid;
    setInterval(() => void (process.ppid !== parent && !stopping && stop(0)), 1_000).unref();
  }

  void gatehouse.broken.then((text) => {
    if (stopping) return;
    console.error(text);
    void stop(1);
  });

  gatehouse
    .start()
    .then(({ url, administrator, lookUrl }) => {
      if (stopping) return;
      const look = lookUrl ? `\na look inside: ${lookUrl}` : '';
      console.log(`Gatehouse is ready: ${url}\nadministrator: ${administrator.email}\npassword: ${administrator.password}${look}`);
      onReady();
    })
    .catch((error) => {
      if (stopping) return;
      console.error(error instanceof StartError ? error.message : error);
      void stop(1);
    });
}
