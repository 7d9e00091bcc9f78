import { isEdge, readServices } from '#services';
import { createGatehouse, type GatehouseOptions } from '../gatehouse';
import { runAtTerminal, screen, show, tell } from '../terminal';
import { readArguments, toHelp } from './arguments';
import { readBuildOptions } from './build-options';
import { createBundle } from './bundle';
import { createDevelopment, type Development } from './development';
import { watchSources } from './sources';

const watchedPaths = ['apps', 'libs', 'proto', 'nx.json', 'package-lock.json', 'tsconfig.base.json', 'tools/esbuild.config.cjs'];
// the services end in order; where a Ctrl-C reached esbuild too, they do already
function onFailure(error: unknown): void {
  tell(`nothing is watched any more: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
  process.kill(process.pid, 'SIGTERM');
}

// of a service, to be shown again when it ends
const keptLines = 16;

/**
 * `npm run dev`: all that `npm start` runs, of which a change of the sources renews what it reaches.
 * @param root folder of the workspace
 * @param installation what `npm start` runs
 * @throws StartError
 */
export async function develop(args: readonly string[], root: string, installation: Omit<GatehouseOptions, 'show'>): Promise<void> {
  const { services } = installation;
  const names = [...services.filter((service) => !isEdge(service)), ...services.filter(isEdge)].map(({ name }) => name);
  const { watched, inspectPort, isHelp } = readArguments(args, names);
  if (isHelp) return console.log(toHelp(names));
  const debuggerPorts = new Map(inspectPort === undefined ? [] : names.map((name, index) => [name, inspectPort + index]));
  // beside the bundles of `nx build`, whose cache knows what it made; as deep as they, for the paths of their source maps
  const folderOf = (service: string) => `${root}/dist/dev/${service}`;
  const lines = new Map<string, string[]>();
  let development: Development | undefined;

  const gatehouse = createGatehouse({
    ...installation,
    // a stop is quick, unless it is told otherwise
    environment: { SHUTDOWN_GRACE_MS: '0', ...installation.environment },
    bundleOf: (service) => (watched.includes(service) ? `${folderOf(service)}/main.cjs` : installation.bundleOf(service)),
    debuggerPorts,
    show(service, line) {
      const shown = show(service, line);
      lines.set(service, [...(lines.get(service) ?? []), shown].slice(-keptLines));
    },
    async prepare() {
      const bundles = await Promise.all(
        watched.map(async (service) => createBundle(service, root, await readBuildOptions(root, `apps/${service}`, folderOf(service)), screen.hasColors)),
      );
      development = createDevelopment({
        root,
        bundles,
        readServiceNames: () => readServices(root).map(({ name }) => name),
        gatehouse,
        hasColors: screen.hasColors,
        tell,
        lastLinesOf: (service) => lines.get(service) ?? [],
        onFailure,
      });
      await watchSources(root, watchedPaths, development.take);
      await development.build();
    },
    onEnd: (service, code) => development?.onEnd(service, code) ?? false,
  });
  runAtTerminal(gatehouse, () => {
    if (debuggerPorts.size) console.log(`debuggers: ${[...debuggerPorts].map(([name, port]) => `${name} 127.0.0.1:${port}`).join(', ')}`);
    console.log(`watching the sources of ${watched.join(', ')}`);
    development?.begin();
  });
}
