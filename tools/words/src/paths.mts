import { existsSync, globSync } from 'node:fs';
import { basename, dirname, join, matchesGlob } from 'node:path';
import { made } from './elsewhere.mts';

// a name that ends as our files do, with folders or without
const isFileName = /^[\w@.*{},-]+(\/[\w@.*{},-]+)*\.(m?ts|cjs|mjs|proto|sql|svg|ya?ml|json|md|sh)$/;

/** Made by a command, and so in no clone; or named because it is not there. */
const notThere = [
  'dist/**',
  'tmp/**',
  '.gatehouse/**',
  '**/*.cjs',
  // what users of the packages have, what other packages have, and what a process is given
  'gen/**',
  'buf/**',
  'buf.gen.yaml',
  'gatehouse.yaml',
  // what such a file is called
  'NNNN_*',
  // said of, in a decision, that it is not there
  'apps/cli',
];

/**
 * Makes the judge of paths: what it gives is a sentence where something looks like a path of the workspace and is none.
 * @param files every file that git knows
 */
export function createPathCheck(files: readonly string[]): (text: string, page: string) => string | undefined {
  const folders = new Set(files.filter((file) => file.includes('/')).map((file) => file.split('/')[0]!));
  const names = new Set(files.map((file) => basename(file)));
  return (text, page) => {
    const path = text.replace(/\/$/, '');
    const isBelowRoot = /^[\w@.*{},/-]+$/.test(path) && text.includes('/') && folders.has(path.split('/')[0]!);
    if (!(isBelowRoot || isFileName.test(path)) || notThere.some((pattern) => matchesGlob(path, pattern))) return undefined;
    if (path.split('/').some((part) => made.includes(part))) return undefined;
    const bases = ['.', dirname(page), 'docker/observability', 'docker/kubernetes', 'docs', 'apps/user'];
    const isThere = /[*{]/.test(path) ? bases.some((base) => globSync(join(base, path)).length > 0) : bases.some((base) => existsSync(join(base, path)));
    // within a sentence a file that has a name of its own goes without its folder
    return isThere || (!path.includes('/') && names.has(path)) ? undefined : `there is no ${text} in the workspace`;
  };
}
