// `npm run test:host`: checks that need tools of Debian, which it installs where it may; else it says what it left out.
import { isThere } from '#commands';
import { rmSync } from 'node:fs';
import { conclude } from './counts.mts';
import { run } from './run.mts';

interface Tool {
  /** Debian's packages that bring it; none where they do not. */
  readonly packages?: readonly string[];
  /** A command that succeeds where it is there, when its name in the PATH does not do. */
  readonly probe?: string;
}

// by the names in apps/e2e/host/*.TOOL.test.ts
const tools: Readonly<Record<string, Tool>> = {
  // Debian's own has a Kustomize too old for components
  kubectl: { probe: 'kubectl version --client | grep -q "^Kustomize Version: v5"' },
  promtool: { packages: ['prometheus'] },
  prometheus: { packages: ['prometheus'] },
  curl: { packages: ['curl'] },
  chromium: { packages: ['chromium'] },
  'redis-server': { packages: ['redis-server'] },
  pgbouncer: { packages: ['pgbouncer'] },
  // programs outside of the PATH
  'postgresql-15': { packages: ['postgresql-15'], probe: 'test -x /usr/lib/postgresql/15/bin/postgres -a -x /usr/lib/postgresql/15/bin/pg_restore' },
  // a module of Debian's own Python, which may not be the first in the PATH
  'python3-grpcio': { packages: ['python3-grpcio'], probe: "/usr/bin/python3 -c 'import grpc, google.protobuf'" },
  // and an account that may make containers
  podman: {
    packages: ['podman', 'buildah', 'runc', 'mmdebstrap'],
    probe: 'command -v podman && command -v buildah && command -v runc && command -v mmdebstrap && unshare --mount true',
  },
  // whence npm installs what is not in its cache
  registry: { probe: 'npm view node version --fetch-retries=0 --fetch-timeout=10000' },
  // the right to mount one
  tmpfs: { probe: 'folder=$(mktemp -d) && mount -t tmpfs tmpfs "$folder" && umount "$folder" && rmdir "$folder"' },
};

const missing = () => Object.keys(tools).filter((tool) => !isThere(tool, tools[tool]!.probe));

const installable = () => [...new Set(missing().flatMap((tool) => tools[tool]!.packages ?? []))];
if (installable().length && process.getuid?.() === 0 && isThere('apt-get')) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('looking for packages', 'apt-get', ['update', '-qq'], env);
  // the tools alone: no service of theirs is started
  const names = installable();
  await run(
    `installing ${names.join(', ')}`,
    'apt-get',
    [
      'install',
      '-y',
      '-qq',
      '--no-install-recommends',
      '-o',
      'Dpkg::Options::=--path-exclude=/lib/systemd/*',
      '-o',
      'Dpkg::Options::=--path-exclude=/etc/init.d/*',
      ...names,
    ],
    env,
  );
}
const left = missing();
if (left.length) console.log(`left out, for want of ${left.join(', ')}: ${left.map((tool) => `apps/e2e/host/{,*.}${tool}.test.ts`).join(', ')}`);

rmSync('tmp/host-tests', { recursive: true, force: true });
const ignored = left.flatMap((tool) => ['--testPathIgnorePatterns', `/host/(.+\\.)?${tool}\\.test\\.ts$`]);
const isBuilt = await run('build', 'nx', ['run-many', '-t', 'build', '--output-style=static'], { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' });
const isGood = isBuilt && (await run('tests of the host', 'jest', ['-c', 'apps/e2e/jest.host.config.cjs', '--passWithNoTests', ...ignored]));
conclude('test-host', 'tmp/host-tests', isGood);
