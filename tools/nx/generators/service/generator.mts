import { formatFiles, generateFiles, type Tree } from '@nx/devkit';
import { join } from 'node:path';
import { joinCompose } from './compose.mts';
import { addDerivedFiles } from './derived-files.mts';
import { joinImagesAndAlerts } from './docker.mts';
import { joinKubernetes } from './kubernetes.mts';
import { makeGenerated } from './make-generated.mts';
import { readWishes, type ServiceOptions } from './wishes.mts';
import { joinWorkspace } from './workspace.mts';

/**
 * A service that keeps one resource: its contract, its app in the form of apps/user, and its place in the installations.
 * @throws Error for options that cannot be meant and for a tree with changes, before anything is written
 */
export async function serviceGenerator(tree: Tree, options: ServiceOptions): Promise<() => void> {
  const wishes = readWishes(tree, options);
  addDerivedFiles(tree, wishes);
  generateFiles(tree, join(import.meta.dirname, 'files'), '.', { ...wishes.names });
  joinWorkspace(tree, wishes);
  joinCompose(tree, wishes);
  joinKubernetes(tree, wishes);
  joinImagesAndAlerts(tree, wishes);
  await formatFiles(tree);
  return () => makeGenerated(tree.root, wishes.names.service);
}
