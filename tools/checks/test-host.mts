// `npm run test:host`: checks that need tools of Debian, which it installs where it may; else it says what it left out.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { readCounts, toLine } from './counts.mts';
import { run } from './run.mts';

// Debian's own kubectl has a Kustomize too old for components: it is used where it is there
const packages: Record<string, string | undefined> = { kubectl: undefined, promtool: 'prometheus', prometheus: 'prometheus', curl: 'curl', chromium: 'chromium', 'redis-server': 'redis-server', 'postgresql-15': 'postgresql-15', pgbouncer: 'pgbouncer', 'python3-grpcio': 'python3-grpcio' };
// where the name alone does not do: a version, programs outside of the PATH, and a module of Debian's own Python, which may not be the first in the PATH
const probes: Record<string, string> = { 'postgresql-15': 'test -x /usr/lib/postgresql/15/bin/pg_restore -a -x /usr/lib/postgresql/15/bin/postgres', kubectl: 'kubectl version --client | grep -q "^Kustomize Version: v5"', 'python3-grpcio': "/usr/bin/python3 -c 'import grpc, google.protobuf'" };

const isThere = (tool: string) => {
  try {
    execFileSync('sh', ['-c', probes[tool] ?? `command -v ${tool}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const missing = () => Object.keys(packages).filter((tool) => !isThere(tool));

const installable = () => [...new Set(missing().flatMap((tool) => packages[tool] ?? []))];
if (installable().length && process.getuid?.() === 0 && isThere('apt-get')) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('looking for packages', 'apt-get', ['update', '-qq'], env);
  // the tools alone: no service of theirs is started
  const names = installable();
  await run(`installing ${names.join(', ')}`, 'apt-get', ['install', '-y', '-qq', '--no-install-recommends', '-o', 'Dpkg::Options::=--path-exclude=/lib/systemd/*', '-o', 'Dpkg::Options::=--path-exclude=/etc/init.d/*', ...names], env);
}
const left = missing();
if (left.length) console.log(`left out, for want of ${left.join(', ')}: ${left.map((tool) => `apps/e2e/host/{,*.}${tool}.test.ts`).join(', ')}`);

rmSync('tmp/host-tests', { recursive: true, force: true });
const ignored = left.flatMap((tool) => ['--testPathIgnorePatterns', `/host/(.+\\.)?${tool}\\.test\\.ts$`]);
const isBuilt = await run('build', 'nx', ['run-many', '-t', 'build', '--output-style=static'], { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' });
const isGood = isBuilt && (await run('tests of the host', 'jest', ['-c', 'apps/e2e/jest.host.config.cjs', '--passWithNoTests', ...ignored]));
const counts = readCounts('tmp/host-tests');
if (!isGood && counts.failed === 0) counts.failed = 1;
mkdirSync('tmp/counts', { recursive: true });
writeFileSync('tmp/counts/test-host.json', JSON.stringify(counts));
console.log(`\n${toLine(counts)}`);
process.exitCode = counts.failed ? 1 : 0;
