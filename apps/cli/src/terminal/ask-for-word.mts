import { createInterface } from 'node:readline';

/** Whether there is a terminal with somebody before it. */
export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

/** Asks for a word, on stderr: on stdout there may be data. Gives undefined for Ctrl-C, and where the terminal goes away. */
export function askForWord(prompt: string): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    lines.once('close', () => resolve(undefined));
    lines.question(`${prompt} `, (answer) => {
      resolve(answer.trim());
      lines.close();
    });
  });
}
