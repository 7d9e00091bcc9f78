import { formatFiles, type Tree } from '@nx/devkit';
import { addService } from './add-service.mts';
import { makeGenerated } from './make-generated.mts';
import { readWishes, type ServiceOptions } from './wishes.mts';

/**
 * A service that keeps one resource: its contract, its app in the form of apps/user, and its place in the installations.
 * @throws Error for options that cannot be meant and for a tree with changes, before anything is written
 */
export async function serviceGenerator(tree: Tree, options: ServiceOptions): Promise<() => void> {
  const wishes = readWishes(tree, options);
  addService(tree, wishes);
  await formatFiles(tree);
  return () => makeGenerated(tree.root, wishes.names.service);
}
