// Generates error constructors from the enums of error reasons: `errors.mts <out> <proto root> <package folder>…`, folders under the root.
import { execFileSync } from 'node:child_process';

const [out, directory, ...packages] = process.argv.slice(2);
if (!out || !directory || packages.length === 0) throw new Error('usage: errors.mts <out> <proto root> <package folder>…');

const template = {
  version: 'v2',
  inputs: [{ directory, paths: packages.map((folder) => `${directory}/${folder}`) }],
  plugins: [{ local: ['node', 'tools/generate/protoc-gen-errors.mts'], out, strategy: 'all', opt: ['target=ts'] }],
};
execFileSync('buf', ['generate', '--template', JSON.stringify(template)], { stdio: 'inherit' });
