import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** Whether there is a terminal with somebody before it. */
export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

/** Asks for a word, on stderr: on stdout there may be data. Gives undefined for Ctrl-C, the end of input, and where the terminal goes away. */
export async function askForWord(prompt: string): Promise<string | undefined> {
  const word = await ask(`${prompt} `, process.stderr);
  return word?.trim();
}

/** Asks for a word that is not echoed, and is taken as it was typed; else as `askForWord`. */
export async function askForSecret(prompt: string): Promise<string | undefined> {
  const silence = new Writable({ write: (_echo, _encoding, done) => done() });
  const secret = await ask('', silence, () => process.stderr.write(`${prompt} `));
  // that of the person was not echoed either
  process.stderr.write('\n');
  return secret;
}

/** @param onReady called once the terminal itself echoes nothing any more */
function ask(prompt: string, output: NodeJS.WritableStream, onReady?: () => void): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  onReady?.();
  return new Promise((resolve) => {
    lines.once('close', () => resolve(undefined));
    lines.question(prompt, (answer) => {
      resolve(answer);
      lines.close();
    });
  });
}
