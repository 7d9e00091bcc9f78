import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { measureStreamMemory } from './memory/measure';

// `npm run proof` asks for the full size: 10 GB or ten minutes
const isProof = process.env['PROOF'] === 'full';
const size = isProof ? { megabytes: 10_240, warmUpMegabytes: 512, maxSeconds: 600 } : { megabytes: 300, warmUpMegabytes: 200, maxSeconds: 20 };

it.each([
  ['raw bytes', '/w1/files/film:download'],
  ['lines of JSON', '/w1/items:watch'],
])(
  'a long stream of %s to a slow reader keeps the memory of the gateway flat',
  async (name, path) => {
    let told = Date.now();
    const onProgress = (megabytes: number) => {
      if (!isProof || Date.now() - told < 10_000) return;
      told = Date.now();
      process.stderr.write(`${name}: ${Math.round(megabytes)} MB\n`);
    };
    const measured = await measureStreamMemory(path, { ...size, onProgress });
    // a short stream beside other tests ends before the heap has found its size
    expect(measured.peakMiB - measured.restMiB).toBeLessThanOrEqual(isProof ? 30 : 75);
    if (!isProof) return;
    const folder = resolve(__dirname, '../../../tmp/measurements');
    mkdirSync(folder, { recursive: true });
    writeFileSync(resolve(folder, `stream-memory-${path.endsWith('download') ? 'raw' : 'lines'}.json`), JSON.stringify(measured));
  },
  1_300_000,
);
