import { type Tree, updateJson } from '@nx/devkit';
import { edit } from './edit.mts';
import type { Wishes } from './wishes.mts';

/** Makes the new service known to the workspace's own files. */
export function joinWorkspace(tree: Tree, { names }: Wishes): void {
  const { service, collection } = names;
  updateJson(tree, 'tsconfig.base.json', (json) => {
    const paths = Object.entries(json.compilerOptions.paths as Record<string, string[]>);
    const last = paths.findLastIndex(([name]) => name.startsWith('@gatehouse/contracts/'));
    paths.splice(last + 1, 0, [`@gatehouse/contracts/${service}`, [`./libs/contracts/${service}/src/index.ts`]]);
    json.compilerOptions.paths = Object.fromEntries(paths);
    return json;
  });
  edit(tree, 'apps/user/src/user.ts', /(\n  admin: \[)([^\]]*?),?\s*\]/, `$1$2, '${collection}.create', '${collection}.read']`);
  edit(
    tree,
    'docs/mutual-tls.md',
    /(\| `VERIFIER_MTLS_PEERS`, VerifierService \| `[a-z,]+)(` \|\n)/,
    `$1,${service}$2| \`${names.SERVICE}_MTLS_PEERS\`, ${names.Service}Service | \`gateway\` |\n`,
  );
  tree.write(
    `.nx/version-plans/${service}.md`,
    `---\n__default__: minor\n---\n\n\`${service}\`, a service that keeps ${names.resourceWords}. An installation that is there needs a database, a role, secrets and a certificate for it.\n`,
  );
}
