import { context, type BuildFailure, type BuildOptions, formatMessages } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export type Rebuilt =
  | {
      readonly isBuilt: true;
      /** The same for two bundles that are alike. */
      readonly digest: string;
      /** The same for two bundles whose migrations are alike. */
      readonly migrations: string;
    }
  /** What is wrong, each with file, line and message; the bundle of before stays. */
  | { readonly isBuilt: false; readonly problems: string };

/** The bundle of a service, made anew from what is left of the last time. */
export interface Bundle {
  readonly service: string;
  /** Whether one of the files, by their paths in the workspace, was read for the last bundle. */
  isMadeOf(files: readonly string[]): boolean;
  rebuild(): Promise<Rebuilt>;
  dispose(): Promise<void>;
}

// the texts of migrations, and the module that lists them
const isMigration = (path: string) => /\/migrations(\/[^/]+\.sql|\.ts)$/.test(path);

const isFileError = (error: unknown): error is NodeJS.ErrnoException =>
  Boolean((error as NodeJS.ErrnoException).syscall && (error as NodeJS.ErrnoException).path);

/** @param options as the project's build target has them */
export async function createBundle(service: string, root: string, options: BuildOptions, hasColors: boolean): Promise<Bundle> {
  const build = await context({ ...options, metafile: true, write: false, logLevel: 'silent' });
  let inputs: ReadonlySet<string> = new Set();

  const digestMigrations = async () => {
    const hash = createHash('sha256');
    // one that went while the bundle was made is the next change
    for (const path of [...inputs].filter(isMigration).sort()) hash.update(path).update(await readFile(join(root, path)).catch(() => ''));
    return hash.digest('hex');
  };

  return {
    service,
    isMadeOf: (files) => files.some((file) => inputs.has(file)),
    async rebuild() {
      try {
        const { metafile, outputFiles } = await build.rebuild();
        inputs = new Set(Object.keys(metafile!.inputs));
        for (const { path, contents } of outputFiles!) {
          await mkdir(dirname(path), { recursive: true });
          // on a disk that is full the bundle of before stays whole
          await writeFile(`${path}.new`, contents);
          await rename(`${path}.new`, path);
        }
        const digest = outputFiles!.filter(({ path }) => !path.endsWith('.map')).map(({ hash }) => hash);
        return { isBuilt: true, digest: digest.join(' '), migrations: await digestMigrations() };
      } catch (error) {
        if (isFileError(error)) return { isBuilt: false, problems: error.message };
        const { errors } = error as Partial<BuildFailure>;
        if (!errors) throw error;
        return { isBuilt: false, problems: (await formatMessages(errors, { kind: 'error', color: hasColors })).join('').trimEnd() };
      }
    },
    dispose: () => build.dispose(),
  };
}
