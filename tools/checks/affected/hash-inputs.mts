// `hash-inputs.mts <target>…`: prints what Nx hashes for each task of the targets in the workspace that NX_WORKSPACE_ROOT_PATH names, as
// JSON. A process of its own, because Nx knows one workspace a process.
import { createProjectGraphAsync } from '@nx/devkit';
import { readNxJson } from 'nx/src/config/nx-json.js';
import { createTaskHasher } from 'nx/src/hasher/create-task-hasher.js';
import { createTaskGraph } from 'nx/src/tasks-runner/create-task-graph.js';
import type { HashedTasks } from './hashed-tasks.mts';

const targets = process.argv.slice(2);
process.once('uncaughtException', (error) => {
  // what Nx says, without the way it came
  const causes =
    error instanceof AggregateError ? error.errors.map(String) : ((error as { getErrors?: () => Error[] }).getErrors?.() ?? []).map(({ message }) => message);
  console.error([error.message, ...causes].join('\n'));
  process.exit(1);
});
const graph = await createProjectGraphAsync();
const { tasks, dependencies } = createTaskGraph(graph, {}, Object.keys(graph.nodes), targets, undefined, {});
const all = Object.values(tasks);
const hashes = await createTaskHasher(graph, readNxJson(), {}).hashTasks(all, { tasks, dependencies, continuousDependencies: {}, roots: [] }, process.env);

const hashed: HashedTasks = {};
all.forEach((task, index) => {
  const inputs = Object.entries(hashes[index]!.details.nodes).filter(
    // neither the environment nor what other tasks have made is part of the tree; the tasks that make it are dependencies
    ([name]) => !name.startsWith('env:') && !name.startsWith('*'),
  );
  const { project, target } = task.target;
  hashed[task.id] = { project, target, root: graph.nodes[project]!.data.root, inputs: Object.fromEntries(inputs), dependencies: dependencies[task.id] ?? [] };
});
process.stdout.write(JSON.stringify(hashed), () => process.exit(0));
