import { readFileSync } from 'node:fs';
import { packageOf, type Source, toFileName } from './source.mts';

interface Workspace {
  readonly version: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

// what the user's own code holds too, and hands over or is handed: an app, a schema, a registry, the one API of OpenTelemetry
const peers: ReadonlySet<string> = new Set(['@opentelemetry/api', 'fastify', 'prom-client', 'zod']);

/**
 * The package.json of a published lib.
 * @param imports what its code imports, and what its types do
 * @param published names of the workspace's packages
 * @throws Error for an import of what the workspace has not among its dependencies
 */
export function createManifest(
  { name, description, keywords, exports, protos, root }: Source,
  imports: Record<'code' | 'types', readonly string[]>,
  published: ReadonlySet<string>,
): Readonly<Record<string, unknown>> {
  const { version, license, dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Workspace;
  const names = [...new Set([...imports.code, ...imports.types].flatMap((specifier) => packageOf(specifier) ?? []))].sort();
  const toVersion = (dependency: string) => {
    const found = published.has(dependency) ? version : dependencies[dependency];
    if (!found) throw new Error(`${root} imports ${dependency}, which is not among the dependencies of package.json`);
    return found;
  };
  const own = Object.fromEntries(names.filter((each) => !peers.has(each)).map((each) => [each, toVersion(each)]));
  const needsNodeTypes = imports.types.some((specifier) => specifier.startsWith('node:'));
  const needed: Record<string, string> = {
    ...Object.fromEntries(names.filter((each) => peers.has(each)).map((each) => [each, `^${toVersion(each)}`])),
    ...(needsNodeTypes ? { '@types/node': '>=22' } : {}),
  };
  return {
    name,
    version,
    description,
    keywords,
    license,
    // that of the SDK of OpenTelemetry, and of ES modules that CommonJS can require
    engines: { node: '>=22.15.0' },
    type: 'commonjs',
    exports: {
      ...Object.fromEntries(Object.keys(exports).map((entry) => [entry, toConditions(toFileName(entry))])),
      ...(protos ? { './proto/*': './proto/*' } : {}),
      './package.json': './package.json',
    },
    ...(Object.keys(own).length ? { dependencies: own } : {}),
    ...(Object.keys(needed).length ? { peerDependencies: needed } : {}),
    // who writes JavaScript needs none
    ...(needsNodeTypes ? { peerDependenciesMeta: { '@types/node': { optional: true } } } : {}),
  };
}

const toConditions = (file: string) => ({
  import: { types: `./${file}.d.mts`, default: `./${file}.mjs` },
  require: { types: `./${file}.d.cts`, default: `./${file}.cjs` },
});
