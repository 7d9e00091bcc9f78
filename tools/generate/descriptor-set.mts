// Writes a descriptor set with comments: `descriptor-set.mts <out> [<proto root> <package folder>…]`, folders under the root.
// Of every contract, unless told of which: what the gateway speaks.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildImage } from './build-image.mts';

const [out, root = 'proto', ...packages] = process.argv.slice(2);
if (!out) throw new Error('usage: descriptor-set.mts <out> [<proto root> <package folder>…]');
const image = buildImage(root, ...packages.flatMap((folder) => ['--path', `${root}/${folder}`]));
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'descriptor-set.ts'), `export const descriptorSet: Uint8Array = Buffer.from('${image.toString('base64')}', 'base64');\n`);
