import { formatFiles, type GeneratorCallback, type Tree } from '@nx/devkit';
import { requireCleanTree } from '../../source/clean-tree.mts';
import { toMigrationText } from './migration-text.mts';
import { registerMigration } from './register-migration.mts';

interface MigrationOptions {
  readonly service: string;
  readonly name: string;
  readonly why?: string;
  readonly allowDirty?: boolean;
}

/**
 * `nx g gatehouse:migration <service> <verb_noun>`: the next migration of a service's database, in its list.
 * @throws Error that says what of the command line, or of the tree, stands in the way; nothing is written then
 */
export async function migrationGenerator(tree: Tree, { service, name, why, allowDirty }: MigrationOptions): Promise<GeneratorCallback> {
  const services = tree.children('apps').filter((app) => tree.exists(`apps/${app}/src/postgres/migrations.ts`));
  if (!services.includes(service)) throw new Error(`there is no service "${service}" with a database: take one of ${services.sort().join(', ')}`);
  if (!/^[a-z]+(_[a-z0-9]+)+$/.test(name))
    throw new Error(`"${name}" is no name of a migration: write it as verb_noun, as create_invoices; its number comes by itself`);
  const line = why?.trim().replace(/\.$/, '');
  if (line !== undefined && (line === '' || /[\r\n]/.test(line))) throw new Error('--why is one sentence on one line: say why the migration is needed');
  const list = `apps/${service}/src/postgres/migrations.ts`;
  const folder = list.replace(/\.ts$/, '');
  const files = tree.children(folder).filter((file) => file.endsWith('.sql'));
  const same = files.find((file) => file.slice(5) === `${name}.sql`);
  if (same) throw new Error(`${folder}/${same} has this name already: say what this one does besides`);
  const numbered = `${String(Math.max(0, ...files.map((file) => Number(file.slice(0, 4)))) + 1).padStart(4, '0')}_${name}`;
  const registered = registerMigration(list, tree.read(list, 'utf8')!, numbered);
  requireCleanTree(tree.root, allowDirty);

  tree.write(`${folder}/${numbered}.sql`, toMigrationText(name, line));
  tree.write(list, registered);
  await formatFiles(tree);
  return () =>
    console.log(
      `\nWrite its SQL in ${folder}/${numbered}.sql, and why in its first line. "npx nx run release:migrations" tells whether the last release can live with it, "npx nx test ${service}" runs it.`,
    );
}
