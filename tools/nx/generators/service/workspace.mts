import { type Tree, updateJson } from '@nx/devkit';
import { registerMigration } from '../migration/register-migration.mts';
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
  permitAdministrators(tree, names.table, [`${collection}.create`, `${collection}.read`]);
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

/** Gives the built-in role of administrators permissions: roles are data of `user`, so by a migration of it. */
function permitAdministrators(tree: Tree, table: string, permissions: readonly string[]): void {
  const list = 'apps/user/src/postgres/migrations.ts';
  const folder = list.replace(/\.ts$/, '');
  const last = Math.max(...tree.children(folder).map((file) => Number(file.slice(0, 4))));
  const name = `${String(last + 1).padStart(4, '0')}_permit_${table}`;
  tree.write(
    `${folder}/${name}.sql`,
    `-- What administrators may do with ${table.replaceAll('_', ' ')}.
update roles
set permissions = array(select distinct unnest(permissions || added) order by 1),
    built_in_permissions = array(select distinct unnest(built_in_permissions || added) order by 1),
    update_time = now(),
    revision = revision + 1
from (values ('{${permissions.join(',')}}'::text[])) as more (added)
where id = 'admin';
`,
  );
  tree.write(list, registerMigration(list, tree.read(list, 'utf8')!, name));
}
