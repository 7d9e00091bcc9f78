import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { CoverageMap, CoverageMapData } from 'istanbul-lib-coverage';

const { createCoverageMap } = createRequire(import.meta.url)('istanbul-lib-coverage') as { createCoverageMap(map: CoverageMapData): CoverageMap };

export interface Project {
  readonly name: string;
  /** Its folder. */
  readonly root: string;
  /** Itself, and all that it depends on. */
  readonly closure: readonly string[];
}
interface ProjectGraph {
  readonly nodes: Readonly<Record<string, { readonly data: { readonly root: string } }>>;
  readonly dependencies: Readonly<Record<string, readonly { readonly target: string }[]>>;
}
const folder = 'tmp/coverage';
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const nx = (...args: string[]) =>
  execFileSync('nx', args, {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    stdio: 'pipe',
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
  });

// what these test runs as a bundle or as a command, in processes of its own
const apart = ['bench', 'checks', 'nx-plugin', 'release'];

/** The projects that a change of the files reaches, of those whose tests run the code themselves. */
export function findProjects(files: readonly string[]): Project[] {
  const names = JSON.parse(nx('show', 'projects', '--affected', `--files=${files.join(',')}`, '--withTarget=test', '--json')) as string[];
  nx('graph', `--file=${folder}/graph.json`);
  const { nodes, dependencies } = (JSON.parse(readFileSync(`${folder}/graph.json`, 'utf8')) as { graph: ProjectGraph }).graph;
  return names
    .filter((name) => !apart.includes(name))
    .map((name) => {
      const closure = new Set([name]);
      for (const each of closure) for (const { target } of dependencies[each] ?? []) if (target in nodes) closure.add(target);
      return { name, root: nodes[name]!.data.root, closure: [...closure] };
    });
}

/**
 * Runs the tests of the projects; gives which statements of the files ran, all of them together.
 * @throws Error where a test fails
 */
export function measure(projects: readonly Project[], files: readonly string[]): CoverageMap {
  const coverage = createCoverageMap({});
  if (projects.length) nx('run-many', '--output-style=static', '-t', 'generate', 'page', '-p', ...new Set(projects.flatMap(({ closure }) => closure)));
  for (const { name, root } of projects) {
    const out = join(folder, name);
    writeFileSync(`${out}.config.cjs`, toConfig(root));
    const coverFrom = files.flatMap((file) => ['--collectCoverageFrom', file]);
    // by babel, which knows statements; v8 maps lines as well, but has comments and types run with what is around them
    const options = [
      '--coverage',
      '--coverageProvider=babel',
      '--coverageReporters=json',
      `--coverageDirectory=${process.cwd()}/${out}`,
      '--reporters=default',
      '--passWithNoTests',
      '--forceExit',
    ];
    const { status } = spawnSync('jest', ['-c', `${out}.config.cjs`, ...options, ...coverFrom], { stdio: 'inherit' });
    if (status !== 0) throw new Error(`the tests of ${name} fail: mend them first`);
    const report = join(out, 'coverage-final.json');
    if (existsSync(report)) coverage.merge(JSON.parse(readFileSync(report, 'utf8')) as CoverageMapData);
  }
  return coverage;
}

/** A project's configuration with the workspace as its root, since jest covers nothing outside of the root: an app's tests also run the libs. */
function toConfig(root: string): string {
  const own = JSON.stringify(join(process.cwd(), root));
  return `
const { resolve } = require('node:path');
const { globalSetup, globalTeardown, ...config } = require(${own} + '/jest.config.cjs');
const fromOwn = (setting, file) => (file ? { [setting]: resolve(${own}, file) } : {});
module.exports = { ...config, rootDir: ${JSON.stringify(process.cwd())}, roots: [${own}], ...fromOwn('globalSetup', globalSetup), ...fromOwn('globalTeardown', globalTeardown) };
`;
}
