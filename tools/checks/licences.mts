// `npx nx run checks:licences`: everything that is shipped, the packages that "dependencies" bring for any platform, has a licence that we may ship.
// The lock file says so of each without a network; what bundles hold beside that, lint refuses (import-x/no-extraneous-dependencies).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}
const require = createRequire(import.meta.url);
const satisfies = require('spdx-satisfies') as (expression: string, allowed: readonly string[]) => boolean;

/** SPDX identifiers. Each asks for no more than its text and notice, which go with the images. */
const allowed = ['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC0-1.0', 'ISC', 'MIT', 'MIT-0'];
/** Packages whose licence was read by a person, by name and version: why it may be shipped. */
const readByPeople: Readonly<Record<string, string>> = {};

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, LockedPackage> };
const nameOf = (path: string) => path.split('node_modules/').at(-1)!;
const dependenciesOf = (locked: LockedPackage) => Object.keys({ ...locked.dependencies, ...locked.optionalDependencies, ...locked.peerDependencies });

/** Where npm finds a package: beside its dependent, or in a folder above. */
function resolve(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder}${folder && '/'}node_modules/${name}`;
    if (path in packages) return path;
    if (!folder) return undefined;
  }
}

// breadth first, so that each is told by the shortest way to it
const ways = new Map<string, readonly string[]>([['', []]]);
for (const [path, way] of ways)
  for (const name of dependenciesOf(packages[path]!)) {
    const found = resolve(name, path);
    if (found && !ways.has(found)) ways.set(found, [...way, name]);
  }

const isAllowed = (licence: string) => {
  try {
    return satisfies(licence, allowed);
  } catch {
    return false; // no SPDX expression
  }
};
const shipped = Object.entries(packages).filter(([path, { dev }]) => path && !dev);
const findings = shipped.flatMap(([path, { version, license = 'no licence' }]) => {
  const id = `${nameOf(path)}@${version}`;
  const way = ways.get(path)?.slice(0, -1).join(' > ') || 'package.json';
  return isAllowed(license) || id in readByPeople ? [] : [`${id} (${license}) in ${path}, brought by ${way}`];
});
if (findings.length) {
  console.error(findings.join('\n'));
  console.error('choose another package, or, after reading its licence, list the licence or the package in tools/checks/licences.mts with the reason');
  process.exit(1);
}
console.log(`${shipped.length} shipped packages, their licences are all among ${allowed.join(', ')}`);
