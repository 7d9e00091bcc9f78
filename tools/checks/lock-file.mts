// A lock file made where a registry lacked a platform's binary does not install anywhere (`npm ci` ends with EUSAGE): each
// optional dependency that a package names must have an entry of its own.
import { readFileSync } from 'node:fs';

interface LockedPackage {
  optionalDependencies?: Record<string, string>;
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, LockedPackage> };
const gaps: string[] = [];
for (const [path, { optionalDependencies = {} }] of Object.entries(packages))
  for (const name of Object.keys(optionalDependencies)) {
    // a dependency is found beside its dependent, or in any folder above
    const folders = path.split('/node_modules/').map((_part, index, parts) => parts.slice(0, index + 1).join('/node_modules/'));
    const isLocked = [`node_modules/${name}`, ...folders.filter(Boolean).map((folder) => `${folder}/node_modules/${name}`)].some((place) => place in packages);
    if (!isLocked) gaps.push(`${path || 'the workspace'} names ${name}, which is not locked`);
  }
if (gaps.length) {
  console.error(`package-lock.json has gaps: pin another version of the dependent\n${gaps.join('\n')}`);
  process.exit(1);
}
