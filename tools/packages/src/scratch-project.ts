import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export const workspace = resolve(__dirname, '../../..');

/** The projects whose packages there are; all but `contracts-api` have an example. */
export const projects = ['errors', 'contracts-api', 'rpc', 'observability', 'transcoding'] as const;
export const examples = ['errors', 'rpc', 'observability', 'transcoding'] as const;

/** Where the package of a project is. @throws Error that says what makes it, where it is not */
export function tarballOf(project: string): string {
  const file = join(workspace, `dist/packages/${project}.tgz`);
  if (!existsSync(file)) throw new Error(`${file} is not there: npx nx run-many -t package makes it`);
  return file;
}

/** A project of somebody who installed the packages, outside of the workspace; the examples are in it as ES modules and as CommonJS. */
export interface ScratchProject {
  readonly folder: string;
  /** Compiles both forms. @throws Error with what the compiler says */
  compile(): void;
  /** Checks the types of the ES modules as a bundler resolves them. @throws Error with what the compiler says */
  checkForBundler(): void;
  /** Runs Node with these arguments; gives what it wrote to stdout, without colours. */
  run(args: readonly string[], node?: string): string;
  remove(): void;
}

/** Makes the folder; `install` puts the packages into its `node_modules`. */
export function makeScratchProject(install: (folder: string) => void): ScratchProject {
  const folder = mkdtempSync(join(tmpdir(), 'packages '));
  const write = (name: string, content: object | string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  };
  write('package.json', { name: 'scratch', private: true });
  const compilerOptions = { target: 'es2022', lib: ['es2023'], types: ['node'], strict: true, isolatedModules: true };
  write('tsconfig.json', { compilerOptions: { ...compilerOptions, module: 'nodenext' }, include: ['esm', 'cjs'] });
  write('tsconfig.bundler.json', {
    compilerOptions: { ...compilerOptions, module: 'esnext', moduleResolution: 'bundler', noEmit: true },
    include: ['esm'],
  });
  for (const [form, type] of [
    ['esm', 'module'],
    ['cjs', 'commonjs'],
  ] as const) {
    write(`${form}/package.json`, { type });
    for (const example of examples) cpSync(join(workspace, `libs/${example}/example`), join(folder, form, example), { recursive: true });
    copyFileSync(join(workspace, 'tools/packages/test/observers-fit.txt'), join(folder, form, 'observers-fit.ts'));
  }
  install(folder);
  const compile = (config: string) => {
    try {
      execFileSync(process.execPath, [join(workspace, 'node_modules/typescript-native/bin/tsc'), '-p', config], { cwd: folder, encoding: 'utf8' });
    } catch (error) {
      throw new Error(`${config}: ${(error as { stdout: string }).stdout}`);
    }
  };
  return {
    folder,
    compile: () => compile('tsconfig.json'),
    checkForBundler: () => compile('tsconfig.bundler.json'),
    run: (args, node = process.execPath) =>
      execFileSync(node, args, { cwd: folder, env: { ...process.env, FORCE_COLOR: undefined }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Installs the packages from their tarballs as npm does, with whatever they depend on, and `others`. */
export function installByNpm(folder: string, ...others: string[]): void {
  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  execFileSync('npm', ['install', ...options, '@types/node@22', ...projects.map(tarballOf), ...others], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Unpacks the packages, and links what they declare that they depend on, and nothing else, to the workspace's own. */
export function installByLinks(folder: string): void {
  for (const project of projects) {
    const unpacked = join(folder, 'node_modules', '.unpacked', project);
    mkdirSync(unpacked, { recursive: true });
    execFileSync('tar', ['xzf', tarballOf(project), '-C', unpacked, '--strip-components=1']);
    const { name, dependencies, peerDependencies } = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')) as Manifest;
    const home = join(folder, 'node_modules', name);
    mkdirSync(dirname(home), { recursive: true });
    cpSync(unpacked, home, { recursive: true });
    for (const dependency of Object.keys({ ...dependencies, ...peerDependencies })) {
      const link = join(folder, 'node_modules', dependency);
      if (dependency.startsWith('@gatehouse/') || existsSync(link)) continue;
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(workspace, 'node_modules', dependency), link);
    }
  }
}

/** What is looked at of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}
