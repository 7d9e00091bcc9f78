// Generates protobuf-es messages: `messages.mts <out> <proto root> <path>…`, paths under the root.
import { execFileSync } from 'node:child_process';
import { buildImage } from './build-image.mts';

const [out, directory, ...names] = process.argv.slice(2);
if (!out || !directory || names.length === 0) throw new Error('usage: messages.mts <out> <proto root> <path>…');

const paths = names.flatMap((name) => ['--path', `${directory}/${name}`]);
// without source info, as tokens.mjs: a comment does not change the code
const image = buildImage(directory, '--exclude-source-info', ...paths);
const template = {
  version: 'v2',
  clean: true,
  inputs: [{ binary_image: '-' }],
  plugins: [{ local: 'protoc-gen-es', out, opt: ['target=ts'] }],
};
execFileSync('buf', ['generate', '--template', JSON.stringify(template)], { input: image, stdio: ['pipe', 'inherit', 'inherit'] });
