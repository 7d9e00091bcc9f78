import { createTestRevocations } from '@gatehouse/access/testing';
import { descriptorSet as verifierContract, VerifierServiceDefinition } from '@gatehouse/contracts/verifier';
import { startTestServer } from '@gatehouse/rpc/testing';
import { build } from 'esbuild';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import type { UserUnderTest } from './user-under-test';

const root = resolve(__dirname, '../../..');

export interface UserProcesses {
  /** Starts the built service as a process of its own, on the database of the one in this process; gives where it is, once it is ready. */
  start(): Promise<{ target: string; kill(): Promise<void> }>;
  remove(): Promise<void>;
}

/** Bundles the service as `nx build` does; its keys come from a VerifierService that has those of the test. */
export async function buildUser(user: UserUnderTest): Promise<UserProcesses> {
  const verifier = await startTestServer(
    VerifierServiceDefinition,
    { getJwks: async () => user.issuer.jwks, watchRevocations: createTestRevocations().watch },
    { descriptorSets: [verifierContract] },
  );
  await mkdir(join(root, 'tmp'), { recursive: true });
  const folder = await mkdtemp(join(root, 'tmp', 'user '));
  const { default: config } = await import(join(root, 'tools/esbuild.config.cjs'));
  const { outExtension: _, ...options } = config;
  const file = join(folder, 'main.cjs');
  const bundle = { bundle: true, platform: 'node', format: 'cjs', outfile: file } as const;
  await build({
    ...options,
    ...bundle,
    sourcemap: false,
    entryPoints: [join(root, 'apps/user/src/main.ts')],
    tsconfig: join(root, 'tsconfig.base.json'),
  });
  const children = new Set<ChildProcess>();
  return {
    async start() {
      const [grpcPort, adminPort] = [await findFreePort(), await findFreePort()];
      const settings = { ...user.settings, USER_GRPC_PORT: String(grpcPort), USER_ADMIN_PORT: String(adminPort), USER_VERIFIER_TARGET: verifier.target };
      const child = spawn(process.execPath, [file, 'serve'], { env: { PATH: process.env.PATH, ...settings }, stdio: 'ignore' });
      children.add(child);
      while ((await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => undefined))?.status !== 200) {
        if (child.exitCode !== null) throw new Error(`user ended with ${child.exitCode}`);
        await new Promise((done) => setTimeout(done, 20));
      }
      return {
        target: `127.0.0.1:${grpcPort}`,
        async kill() {
          if (!children.delete(child)) return;
          const ended = once(child, 'close');
          child.kill('SIGKILL');
          await ended;
        },
      };
    },
    async remove() {
      for (const child of children) child.kill('SIGKILL');
      await verifier.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
