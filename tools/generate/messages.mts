// Generates protobuf-es messages: `messages.mts <out> <proto root> <path>…`, paths under the root.
import { execFileSync } from 'node:child_process';

const [out, directory, ...names] = process.argv.slice(2);
if (!out || !directory || names.length === 0) throw new Error('usage: messages.mts <out> <proto root> <path>…');

const template = {
  version: 'v2',
  clean: true,
  inputs: [{ directory, paths: names.map((name) => `${directory}/${name}`) }],
  plugins: [{ local: 'protoc-gen-es', out, opt: ['target=ts'] }],
};
execFileSync('buf', ['generate', '--template', JSON.stringify(template)], { stdio: 'inherit' });
