import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { run } from './command';
import type { Engine } from './engine';

export const baseImage = 'docker.io/library/node:24-slim';

/**
 * Makes what stands in for node:24-slim, from packages of Debian 12, the release that image is made of, and this workspace's
 * own Node; and keeps it.
 */
export async function makeStandIn(engine: Engine, folder: string): Promise<void> {
  mkdirSync(`${folder}/base`, { recursive: true });
  writeFileSync(`${folder}/registries.conf`, 'unqualified-search-registries = ["localhost"]\nshort-name-mode = "permissive"\n');
  if (await engine.hasImage(baseImage)) return;
  const archive = `${folder}/base/debian.tar`;
  if (!existsSync(archive)) await run('mmdebstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', archive]);
  cpSync('node_modules/node/bin/node', `${folder}/base/node`);
  writeFileSync(`${folder}/base/Containerfile`, 'FROM scratch\nADD debian.tar /\nCOPY --chmod=755 node /usr/local/bin/node\nCMD ["node"]\n');
  await engine.build(baseImage, `${folder}/base/Containerfile`, `${folder}/base`);
}
