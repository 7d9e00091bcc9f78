// Lints the texts of a JSON object from stdin, each as if it lay at its path; gives what is said of each.
import { ESLint } from 'eslint';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const eslint = new ESLint({ cwd: resolve(import.meta.dirname, '../../..') });
const said: Record<string, readonly string[]> = {};
for (const [name, { path, code }] of Object.entries(JSON.parse(await text(process.stdin)) as Record<string, { path: string; code: string }>)) {
  const [result] = await eslint.lintText(code, { filePath: path });
  said[name] = result!.messages.map(({ message }) => message);
}
console.log(JSON.stringify(said));
