import { generateFiles, type Tree } from '@nx/devkit';
import { join } from 'node:path';
import { joinCompose } from './compose.mts';
import { addDerivedFiles } from './derived-files.mts';
import { joinImagesAndAlerts } from './docker.mts';
import { joinKubernetes } from './kubernetes.mts';
import type { Wishes } from './wishes.mts';
import { joinWorkspace } from './workspace.mts';

/** Writes the files of a service, and what others have to say of it. @throws Error where one of them has changed so that it cannot be said there */
export function addService(tree: Tree, wishes: Wishes): void {
  addDerivedFiles(tree, wishes);
  generateFiles(tree, join(tree.root, 'tools/nx/generators/service/files'), '.', { ...wishes.names });
  joinWorkspace(tree, wishes);
  joinCompose(tree, wishes);
  joinKubernetes(tree, wishes);
  joinImagesAndAlerts(tree, wishes);
}
