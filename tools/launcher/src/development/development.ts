import type { Gatehouse } from '../gatehouse';
import { StartError } from '../ports';
import type { Bundle } from './bundle';
import { generate } from './commands';
import type { Change } from './sources';
import { createTypeCheck } from './type-check';

export interface DevelopmentOptions {
  /** Folder of the workspace. */
  readonly root: string;
  readonly bundles: readonly Bundle[];
  /** Names of the services that the workspace has now. @throws Error where that cannot be told */
  readonly readServiceNames: () => readonly string[];
  readonly gatehouse: Pick<Gatehouse, 'migrate' | 'restart'>;
  readonly hasColors: boolean;
  readonly tell: (text: string) => void;
  /** The last lines of a service, as they were shown. */
  readonly lastLinesOf: (service: string) => readonly string[];
  /** Told of what no change of the sources mends, as esbuild that was killed. */
  readonly onFailure: (error: unknown) => void;
}

export interface Development {
  /** Makes the bundles that all is started from. @throws StartError with what is wrong in the sources */
  build(): Promise<void>;
  /** Takes a change; what it reaches is made anew once the changes before it are done, and `begin` was called. */
  take(change: Change): void;
  /** All has started from what `build` made. */
  begin(): void;
  /** Takes note of a service that ended by itself; gives whether it is one that a change can mend. */
  onEnd(service: string, code: number | NodeJS.Signals): boolean;
}

interface State {
  /** The bundle that runs; undefined when none does. */
  running?: string;
  /** The migrations that are applied. */
  migrations?: string;
  isBroken: boolean;
}

// what is read once, when all starts
const startAgain = /^(nx\.json|package-lock\.json|tsconfig\.base\.json|tools\/esbuild\.config\.cjs|apps\/[^/]+\/project\.json)$/;
// what was told of when it was generated
const isGenerated = (file: string) => file.includes('/src/gen/');
// how long changes wait for a service that is not ready. Milliseconds.
const patienceMs = 5_000;

/** What a change of the sources does to the services that run. */
export function createDevelopment({ root, bundles, readServiceNames, gatehouse, hasColors, tell, lastLinesOf, onFailure }: DevelopmentOptions): Development {
  const states = new Map<string, State>(bundles.map(({ service }) => [service, { isBroken: false }]));
  const types = createTypeCheck(root, hasColors, tell);
  let pending: Change[] = [];
  let isWorking = true;
  const startedNames = readServiceNames().join();
  let isOutdated = false;

  const hasOtherServices = () => {
    try {
      return readServiceNames().join() !== startedNames;
    } catch {
      return true; // told by the next start
    }
  };

  const regenerate = async (cause: string) => {
    const timer = startTimer();
    const { isGood, output } = await generate(root);
    tell(isGood ? `proto: generated in ${timer()} (${cause})` : `proto: not generated, all runs on as it was (${cause})\n${toProblems(output)}`);
    return isGood;
  };

  const renew = async (bundle: Bundle, cause: string, isReached: boolean) => {
    const { service } = bundle;
    const state = states.get(service)!;
    const timer = startTimer();
    const rebuilt = await bundle.rebuild();
    if (!rebuilt.isBuilt) {
      state.isBroken = true;
      const lot = state.running === undefined ? 'it does not run' : 'the last good one keeps running';
      return tell(`${service}: not rebuilt, ${lot} (${cause})\n${rebuilt.problems}`);
    }
    const isMended = state.isBroken;
    state.isBroken = false;
    const told = [`rebuilt in ${timer()}`];
    if (rebuilt.digest === state.running) {
      if (isReached || isMended) tell(`${service}: ${told[0]}, the same as what runs (${cause})`);
      return;
    }
    if (rebuilt.migrations !== state.migrations) {
      await gatehouse.migrate(service);
      state.migrations = rebuilt.migrations;
      told.push(`migrated in ${timer()}`);
    }
    state.running = rebuilt.digest;
    const isReady = await gatehouse.restart(service, AbortSignal.timeout(patienceMs));
    if (isReady) tell(`${service}: ${told.join(', ')}, restarted in ${timer()} (${cause})`);
    else if (state.running !== undefined) tell(`${service}: ${told.join(', ')}, restarted and not ready yet: its lines above say why (${cause})`);
  };

  const apply = async ({ files, isStructural }: Change) => {
    const late = files.filter((file) => startAgain.test(file));
    if (late.length) tell(`${toCause(late)}: is read at the start alone, stop and start again for it to count`);
    const wasOutdated = isOutdated;
    isOutdated = hasOtherServices();
    if (isOutdated) {
      // a gateway that is made anew would look for the new one, and not start
      if (!wasOutdated) tell('a service came or went: all runs on as it is, and nothing is renewed; stop and start again for it to count');
      return;
    }
    const protos = wasOutdated ? ['proto'] : files.filter((file) => file.startsWith('proto/'));
    if (protos.length && !(await regenerate(toCause(protos)))) return;
    // what a file that came or went means for imports, esbuild finds out
    const isForAll = protos.length > 0 || isStructural;
    const cause = toCause(files);
    const reached = bundles.filter((bundle) => bundle.isMadeOf(files));
    const all = bundles.filter((bundle) => {
      const { running, isBroken } = states.get(bundle.service)!;
      return isForAll || isBroken || running === undefined || reached.includes(bundle);
    });
    await Promise.all(
      all.map((bundle) =>
        renew(bundle, cause, bundle.isMadeOf(files.filter((file) => !isGenerated(file)))).catch((error) => {
          if (!(error instanceof StartError)) throw error;
          tell(`${bundle.service}: not restarted: ${error.message} (${cause})`);
        }),
      ),
    );
    types.check((protos.length ? all : reached).map(({ service }) => service).filter((service) => !states.get(service)!.isBroken));
  };

  const work = async () => {
    if (isWorking) return;
    isWorking = true;
    while (pending.length) {
      const changes = pending;
      pending = [];
      const files = [...new Set(changes.flatMap((change) => change.files))];
      await apply({ files, isStructural: changes.some((change) => change.isStructural) });
    }
    isWorking = false;
  };

  return {
    async build() {
      for (const bundle of bundles) {
        const rebuilt = await bundle.rebuild();
        if (!rebuilt.isBuilt) throw new StartError(`${bundle.service} cannot be built\n${rebuilt.problems}`);
        states.set(bundle.service, { running: rebuilt.digest, migrations: rebuilt.migrations, isBroken: false });
      }
    },
    take(change) {
      pending.push(change);
      void work().catch(onFailure);
    },
    begin() {
      isWorking = false;
      void work().catch(onFailure);
    },
    onEnd(service, code) {
      const state = states.get(service);
      if (!state) return false;
      state.running = undefined;
      tell(`${service}: ended by itself, with ${code}; the next change starts it again. Its last lines:\n${lastLinesOf(service).join('\n')}`);
      return true;
    },
  };
}

/** Gives the time since it was called last, in words. */
function startTimer(): () => string {
  let since = performance.now();
  return () => {
    const now = performance.now();
    const text = `${((now - since) / 1_000).toFixed(1)} s`;
    since = now;
    return text;
  };
}

/** What is wrong in protos, each place once, of an output that tells it for each project that reads them; all of it where there is no place. */
function toProblems(output: string): string {
  const problems = new Set(output.match(/^\S+\.proto:\d+:\d+:.*$/gm));
  return problems.size ? [...problems].join('\n') : output;
}

/** The files of a change, in a few words. */
const toCause = ([first = '', ...others]: readonly string[]) => (others.length ? `${first} and ${others.length} more` : first);
