import { parseArgs } from 'node:util';
import { StartError } from '../ports';

export interface DevelopmentArguments {
  /** Services whose sources are watched; the others run as they were built. */
  readonly watched: readonly string[];
  /** Port on loopback of the first service's debugger, those of the others follow; undefined without debuggers. */
  readonly inspectPort: number | undefined;
  readonly isHelp: boolean;
}

// what Node's own debuggers look for
const firstInspectPort = 9_229;
const options = {
  only: { type: 'string', multiple: true },
  'inspect-port': { type: 'string' },
  'no-inspect': { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** What `--help` shows, for services in the order of their debuggers. */
export const toHelp = (services: readonly string[]): string => `npm run dev -- [options]: runs everything, and what a change of the sources reaches anew

  --only <service>       watches this service alone, may be given again; the others run as they were built
  --inspect-port <port>  of the debugger of ${services[0]}, ${firstInspectPort} if it is not given; those of the others follow
  --no-inspect           goes without debuggers
  --help                 shows this

services: ${services.join(', ')}`;

/**
 * What `npm run dev --` was given.
 * @param services names of those that there are, in the order of their debuggers
 * @throws StartError that names what there is in place of what is wrong
 */
export function readArguments(args: readonly string[], services: readonly string[]): DevelopmentArguments {
  const { only = [], 'inspect-port': port, 'no-inspect': isWithout = false, help: isHelp = false } = parse(args);
  const names = only.flatMap((text) => text.split(','));
  const wrong = names.filter((name) => !services.includes(name));
  if (wrong.length) throw new StartError(`--only: there is no service ${wrong.map((name) => `"${name}"`).join(', ')}; there is ${services.join(', ')}`);
  if (isWithout && port !== undefined) throw new StartError('--inspect-port and --no-inspect contradict each other: give one of them');
  const highest = 65_536 - services.length;
  const inspectPort = port === undefined ? firstInspectPort : /^\d+$/.test(port) ? Number(port) : NaN;
  if (!(inspectPort >= 1 && inspectPort <= highest)) throw new StartError(`--inspect-port must be a port from 1 to ${highest}: each service has the next one`);
  return {
    watched: names.length ? services.filter((name) => names.includes(name)) : services,
    inspectPort: isWithout ? undefined : inspectPort,
    isHelp,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    // the sentences after the first are of files whose names begin with -
    const [sentence] = (error as Error).message.split('. ');
    throw new StartError(
      `${sentence}: there is ${Object.keys(options)
        .map((name) => `--${name}`)
        .join(', ')}`,
    );
  }
}
