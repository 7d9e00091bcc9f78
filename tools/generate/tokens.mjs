// `tokens.mjs <folder of protos>…`: prints a digest of what the protos declare, an input of what is generated from them. Comments and
// spaces, which nothing but the documents that show them depends on, are not in it.
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';

const folders = process.argv.slice(2);
if (folders.length === 0) throw new Error('usage: tokens.mjs <folder of protos>…');

// https://protobuf.com/docs/language-spec#lexical-elements: a string may hold what looks like a comment
const lexeme = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\/\/[^\n]*|\/\*[\s\S]*?\*\/|\s+|[^\s"'/]+|["'/]/g;
const isToken = (text) => !/^(\/\/|\/\*|\s)/.test(text);

const digest = createHash('sha256');
for (const file of folders.flatMap((folder) => globSync(`${folder}/**/*.proto`)).sort()) {
  const lexemes = readFileSync(file, 'utf8').match(lexeme) ?? [];
  // a comment parts tokens as a space does
  const tokens = lexemes.map((text) => (isToken(text) ? text : ' ')).join('');
  digest.update(JSON.stringify([file, tokens.replace(/ +/g, ' ').trim()]));
}
console.log(digest.digest('hex'));
