// Writes a descriptor set with comments: `descriptor-set.mts <out> [<proto root> <package folder>…]`, folders under the root.
// Of every contract, unless told of which: what the gateway speaks.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [out, root = 'proto', ...packages] = process.argv.slice(2);
if (!out) throw new Error('usage: descriptor-set.mts <out> [<proto root> <package folder>…]');
const image = execFileSync('buf', ['build', root, ...packages.flatMap((folder) => ['--path', `${root}/${folder}`]), '-o', '-'], { maxBuffer: 64 << 20 });
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'descriptor-set.ts'), `export const descriptorSet: Uint8Array = Buffer.from('${image.toString('base64')}', 'base64');\n`);
