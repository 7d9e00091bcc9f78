// Generates error constructors from the enums of error reasons: `errors.mts <out> <package folder>…`, folders under proto/.
import { execFileSync } from 'node:child_process';

const [out, ...packages] = process.argv.slice(2);
if (!out || packages.length === 0) throw new Error('usage: errors.mts <out> <package folder>…');

const template = {
  version: 'v2',
  inputs: [{ directory: 'proto', paths: packages.map((folder) => `proto/${folder}`) }],
  plugins: [{ local: ['node', 'tools/generate/protoc-gen-errors.mts'], out, strategy: 'all', opt: ['target=ts'] }],
};
execFileSync('buf', ['generate', '--template', JSON.stringify(template)], { stdio: 'inherit' });
