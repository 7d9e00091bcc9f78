import { getProjects, type Tree } from '@nx/devkit';
import { execFileSync } from 'node:child_process';
import ts from 'typescript';
import { parse } from 'yaml';
import { readServices, type Service } from '#services';
import { derivedFiles } from './derived-files.mts';
import { type Names, toNames, toPlural } from './names.mts';

export interface ServiceOptions {
  name: string;
  resource?: string;
  port?: number;
  adminPort?: number;
}

/** What shall be made. */
export interface Wishes {
  readonly names: Names;
  readonly ports: { readonly grpc: number; readonly admin: number };
  /** Those that there are. */
  readonly services: readonly Service[];
}

const wordPattern = /^[a-z]{2,20}$/;
const resourcePattern = /^[a-z]{2,20}(-[a-z]{2,20}){0,2}$/;
// names that mean something else in what is made: folders of secrets and certificates, PostgreSQL's own, the tests' package
const reserved = ['ca', 'administrator', 'template', 'test', 'tests', 'verifier', 'gatehouse', 'google', 'buf', 'grpc'];

// what a service's code, its TypeScript or its database means by these names
const meant = [
  'app',
  'argument',
  'date',
  'id',
  'partial',
  'promise',
  'queryable',
  'overlap',
  'reference',
  'idempotency-record',
  'outbox-event',
  'schema-migration',
  'token',
];

/**
 * What the options ask for.
 * @throws Error that names everything that is wrong and what to do, before anything is written
 */
export function readWishes(tree: Tree, { name, resource = name, port, adminPort }: ServiceOptions): Wishes {
  const services = readServices(tree.root);
  const ports = {
    grpc: port ?? Math.max(...services.map(({ ports }) => ports.grpc ?? 0)) + 1,
    admin: adminPort ?? Math.max(...services.filter(({ ports }) => ports.grpc).map(({ ports }) => ports.admin)) + 1,
  };
  const faultsOfName = findFaultsOfName(tree, name);
  const problems = [
    ...faultsOfName,
    // that it has no resource of its own is told once
    ...(faultsOfName.length && resource === name ? [] : findFaultsOfResource(tree, name, resource)),
    ...findFaultsOfPorts(services, ports),
    ...findUncommitted(tree.root),
  ];
  if (problems.length) throw new Error(problems.join('\n'));
  return { names: toNames(name, resource), ports, services };
}

function findFaultsOfName(tree: Tree, name: string): string[] {
  if (!wordPattern.test(name)) return [`${JSON.stringify(name)} cannot be a service: choose one word of 2 to 20 small letters, such as billing`];
  if (reserved.includes(name) || isKeyword(name)) return [`${name} cannot be a service, the name means something else here: choose another word`];
  const { services } = parse(tree.read('docker/compose.yaml', 'utf8')!, { merge: true, maxAliasCount: -1 }) as { services: Record<string, unknown> };
  const roots = [...getProjects(tree).values()].filter((project) => project.name === name).map(({ root }) => root);
  const folders = ['apps', 'proto/gatehouse', 'libs/contracts'].map((folder) => `${folder}/${name}`);
  const taken = [
    ...roots.map((root) => `the project in ${root}`),
    ...folders.filter((folder) => !roots.includes(folder) && tree.exists(folder)),
    ...(name in services ? ['a service of docker/compose.yaml'] : []),
  ];
  return taken.length ? [`${name} is taken, by ${taken.join(', ')}: choose another name`] : [];
}

function findFaultsOfResource(tree: Tree, name: string, resource: string): string[] {
  if (!resourcePattern.test(resource))
    return [
      `${JSON.stringify(resource)} cannot be a resource: choose one to three words of small letters with dashes between, in the singular, such as invoice`,
    ];
  if (isKeyword(resource)) return [`${resource} cannot be a resource, it is a word of TypeScript: choose another with --resource`];
  if (meant.includes(resource) || derivedFiles.includes(`apps/user/src/${resource}.ts`) || resource === `${name}-service`)
    return [`${resource} cannot be a resource, the name means something else in the code of a service: choose another with --resource`];
  const { collection } = toNames(name, resource);
  const routed = tree
    .children('proto/gatehouse')
    .flatMap((name) => tree.children(`proto/gatehouse/${name}/v1`).map((file) => `proto/gatehouse/${name}/v1/${file}`))
    .find((file) => new RegExp(`"/v1/${collection}["/:]`).test(tree.read(file, 'utf8')!));
  return routed ? [`/v1/${collection} is a route of ${routed} already: choose another resource than ${toPlural(resource)} with --resource`] : [];
}

const isKeyword = (word: string) => ts.identifierToKeywordKind(ts.factory.createIdentifier(word)) !== undefined;

// the look's, and those that docker/compose.yaml publishes beside
const otherPorts = [8_090, 8_025, 3_000];

function findFaultsOfPorts(services: readonly Service[], ports: Wishes['ports']): string[] {
  const options = { grpc: '--port', admin: '--adminPort' };
  return Object.entries(ports).flatMap(([kind, port]) => {
    const option = options[kind as keyof typeof ports];
    if (!Number.isInteger(port) || port < 1 || port > 65_535) return [`${option} ${port} is no port: choose one from 1 to 65535`];
    const owner = services.find(({ ports }) => Object.values(ports).includes(port))?.name ?? (otherPorts.includes(port) ? 'something else here' : undefined);
    const isTwin = kind === 'admin' && port === ports.grpc;
    return owner || isTwin ? [`${option} ${port} is that of ${owner ?? 'its gRPC port'} already: choose another one`] : [];
  });
}

function findUncommitted(workspace: string): string[] {
  let changed: string;
  try {
    changed = execFileSync('git', ['status', '--porcelain'], { cwd: workspace, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd();
  } catch {
    return [`${workspace} is no git repository, and what is made could not be told from what was there: run "git init" and commit first`];
  }
  return changed ? [`the tree holds what is not committed, and what is made could not be told from it: commit, stash or remove\n${changed}`] : [];
}
