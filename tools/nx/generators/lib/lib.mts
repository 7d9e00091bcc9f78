import { formatFiles, type GeneratorCallback, joinPathFragments, type Tree } from '@nx/devkit';
import ts from 'typescript';
import { requireCleanTree } from '../../source/clean-tree.mts';
import { applyEdits } from '../../source/text-edits.mts';
import { findAll } from '../../source/typescript-source.mts';
import { addBoundary } from './boundaries.mts';
import { toLibFiles } from './lib-files.mts';

interface LibOptions {
  readonly name: string;
  readonly allowDirty?: boolean;
}

/** Names of drawers, which hold what fits nowhere else. */
const drawers = ['util', 'utils', 'common', 'shared', 'core', 'helper', 'helpers', 'misc', 'types', 'base', 'lib', 'libs'];

/**
 * `nx g gatehouse:lib <name>`: a project under libs, its path, and its row in the boundaries.
 * @throws Error that says what of the command line, or of the tree, stands in the way; nothing is written then
 */
export async function libGenerator(tree: Tree, { name, allowDirty }: LibOptions): Promise<GeneratorCallback> {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) throw new Error(`"${name}" is no name of a lib: write it in kebab-case, as page-tokens`);
  if (name.split('-').some((word) => drawers.includes(word))) throw new Error(`"${name}" names a drawer: name the lib after the one thing that it holds`);
  const folder = joinPathFragments('libs', name);
  if (tree.exists(folder)) throw new Error(`${folder} is there already: take another name`);
  const project = findProject(tree, name);
  if (project) throw new Error(`the project of ${project} has the name "${name}" already: take another name`);
  const paths = tree.read('tsconfig.base.json', 'utf8')!;
  const withPath = addPath(paths, name);
  const boundaries = addBoundary(tree.read('eslint.config.mjs', 'utf8')!, name);
  requireCleanTree(tree.root, allowDirty);

  for (const [path, text] of Object.entries(toLibFiles(name))) tree.write(joinPathFragments(folder, path), text);
  tree.write('tsconfig.base.json', withPath);
  tree.write('eslint.config.mjs', boundaries);
  await formatFiles(tree);
  return () =>
    console.log(
      `\n@gatehouse/${name} knows nobody, and nobody knows it: say in eslint.config.mjs whom its row lets it import, and in whose rows it stands. A lib needs two who use it, and a row in docs/architecture.md.`,
    );
}

/** The folder of the project with a name; undefined without one. */
function findProject(tree: Tree, name: string): string | undefined {
  const folders = ['apps', 'libs', 'libs/contracts', 'tools'].flatMap((root) => [root, ...tree.children(root).map((child) => `${root}/${child}`)]);
  return [...folders, 'proto'].find((folder) => {
    const file = tree.read(`${folder}/project.json`, 'utf8');
    return file !== null && (JSON.parse(file) as { name: string }).name === name;
  });
}

/** Adds where the lib is imported from, after the last of the libs. */
function addPath(text: string, name: string): string {
  const file = ts.parseJsonText('tsconfig.base.json', text);
  const paths = findAll(file, ts.isPropertyAssignment).find((property) => property.name.getText(file) === '"paths"')?.initializer;
  const of = paths && ts.isObjectLiteralExpression(paths) ? paths.properties.filter(ts.isPropertyAssignment) : [];
  const last = of.filter(({ initializer }) => initializer.getText(file).includes('"./libs/')).at(-1);
  if (!last) throw new Error('tsconfig.base.json has no paths of libs: tell this generator where they are');
  return applyEdits(text, [{ at: last.getEnd(), text: `,\n      "@gatehouse/${name}": ["./libs/${name}/src/index.ts"]` }]);
}
