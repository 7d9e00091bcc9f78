import type { BuildOptions } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { StartError } from '../ports';

/** What a `build` target says, of what `@nx/esbuild` reads. */
interface BuildTarget {
  readonly executor?: string;
  readonly options?: {
    readonly main: string;
    readonly tsConfig: string;
    readonly outputFileName: string;
    readonly platform: BuildOptions['platform'];
    readonly format: readonly NonNullable<BuildOptions['format']>[];
    readonly bundle: boolean;
    readonly target?: string;
    readonly minify?: boolean;
    readonly esbuildConfig: string;
  };
}

const executor = '@nx/esbuild:esbuild';

/**
 * How esbuild makes the bundle that `nx build` makes of a project: by its target, by nx.json for what that leaves open, and by esbuild's own settings
 * that they name.
 * @param projectRoot folder of the project, as `apps/user`
 * @param outputFolder where the bundle is to be, in place of the target's own folder
 * @throws StartError where the target is made by something else
 */
export async function readBuildOptions(root: string, projectRoot: string, outputFolder: string): Promise<BuildOptions> {
  const readJson = async (path: string) => JSON.parse(await readFile(join(root, path), 'utf8'));
  const [nx, project] = await Promise.all([readJson('nx.json'), readJson(`${projectRoot}/project.json`)]);
  const fallback: BuildTarget = nx.targetDefaults.build;
  const own: BuildTarget = project.targets.build;
  if ((own.executor ?? fallback.executor) !== executor) throw new StartError(`${projectRoot}/project.json: the target build is none of ${executor}`);
  const text = JSON.stringify({ ...fallback.options, ...own.options }).replaceAll('{projectRoot}', projectRoot);
  const target: NonNullable<BuildTarget['options']> = JSON.parse(text);
  const settings: BuildOptions = createRequire(join(root, 'package.json'))(join(root, target.esbuildConfig));
  return {
    ...settings,
    absWorkingDir: root,
    entryPoints: [target.main],
    entryNames: '[dir]/[name]',
    outfile: join(outputFolder, target.outputFileName),
    tsconfig: join(root, target.tsConfig),
    platform: target.platform,
    format: target.format[0],
    bundle: target.bundle,
    minify: target.minify ?? false,
    // the executor's own default, which goes before the settings
    target: target.target ?? 'esnext',
  };
}
