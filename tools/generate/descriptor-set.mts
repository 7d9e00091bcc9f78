// Writes the descriptor set of every contract, with comments: `descriptor-set.mts <out>`. What the gateway speaks.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [out] = process.argv.slice(2);
if (!out) throw new Error('usage: descriptor-set.mts <out>');
const image = execFileSync('buf', ['build', 'proto', '-o', '-'], { maxBuffer: 64 << 20 });
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'descriptor-set.ts'), `export const descriptorSet: Uint8Array = Buffer.from('${image.toString('base64')}', 'base64');\n`);
