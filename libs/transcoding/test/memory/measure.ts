import { startTestServer } from '@gatehouse/rpc/testing';
import type { RpcService } from '@gatehouse/rpc';
import { build } from 'esbuild';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { descriptorSet } from '../gen/warehouse/descriptor-set';
import { WarehouseServiceDefinition } from '../gen/warehouse/test/warehouse/v1/warehouse';

const root = resolve(__dirname, '../../../..');
const mib = 1024 * 1024;

export interface StreamMemory {
  /** What went through, in how many seconds. */
  readonly megabytes: number;
  readonly seconds: number;
  /** Resident memory of the gateway after the warm-up, and the most of it from then on. MiB. */
  readonly restMiB: number;
  readonly peakMiB: number;
}

/** Sends a stream through a gateway process to a reader that rests after every other megabyte, and watches the gateway's memory. */
export async function measureStreamMemory(
  path: string,
  {
    megabytes,
    warmUpMegabytes,
    maxSeconds,
    onProgress,
  }: { megabytes: number; warmUpMegabytes: number; maxSeconds: number; onProgress?: (megabytes: number) => void },
): Promise<StreamMemory> {
  const chunk = { contentType: 'video/mp4', data: Buffer.alloc(65_536, 'x'), extensions: [] };
  const event = { number: 1n, change: 'x'.repeat(16_000) };
  const service = {
    async *downloadFile() {
      for (;;) yield chunk;
    },
    async *watchItems() {
      for (;;) yield event;
    },
  } as unknown as RpcService<WarehouseServiceDefinition>;
  const handlers = Object.fromEntries(Object.keys(WarehouseServiceDefinition.methods).map((name) => [name, async () => ({})]));
  const server = await startTestServer(WarehouseServiceDefinition, { ...handlers, ...service } as RpcService<WarehouseServiceDefinition>, {
    descriptorSets: [descriptorSet],
    maxDeadlineMs: 1_800_000,
  });
  mkdirSync(join(root, 'tmp'), { recursive: true });
  const folder = mkdtempSync(join(root, 'tmp', 'memory-'));
  let gateway: ChildProcess | undefined;
  try {
    const file = join(folder, 'main.cjs');
    await build({
      entryPoints: [join(__dirname, 'gateway-process.ts')],
      tsconfig: join(root, 'tsconfig.base.json'),
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node24',
      external: ['pg-native'],
      outfile: file,
    });
    gateway = fork(file, [server.target], { stdio: 'inherit' });
    const [{ port }] = (await once(gateway, 'message')) as [{ port: number }];
    return await read(gateway, port, path, { megabytes, warmUpMegabytes, maxSeconds, onProgress });
  } finally {
    gateway?.kill();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function read(
  gateway: ChildProcess,
  port: number,
  path: string,
  { megabytes, warmUpMegabytes, maxSeconds, onProgress }: Parameters<typeof measureStreamMemory>[1],
): Promise<StreamMemory> {
  const askRss = async () => {
    gateway.send('rss');
    return ((await once(gateway, 'message')) as [number])[0] / mib;
  };
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  const begin = Date.now();
  let bytes = 0;
  let [restMiB, peakMiB, nextStep] = [0, 0, mib];
  for await (const piece of socket as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes < nextStep) continue;
    nextStep += 2 * mib;
    await pause(5);
    const rss = await askRss();
    if (bytes < warmUpMegabytes * mib) restMiB = Math.max(restMiB, rss);
    else peakMiB = Math.max(peakMiB, rss);
    onProgress?.(bytes / mib);
    if (bytes >= (megabytes + warmUpMegabytes) * mib || Date.now() - begin > maxSeconds * 1_000) break;
  }
  socket.destroy();
  return { megabytes: Math.round(bytes / mib), seconds: (Date.now() - begin) / 1_000, restMiB: Math.round(restMiB), peakMiB: Math.round(peakMiB) };
}
