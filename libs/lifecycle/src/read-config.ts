import type { z } from 'zod';
import { ConfigError } from './config-error';
import { readSecretFile } from './secret-file';
import { metaOf } from './setting-meta';

/** Ends the name of a variable that holds the path of a secret's file, in place of the secret. */
export const fileSuffix = '_FILE';

/**
 * The configuration that the environment holds, by the schema of an app. An empty variable counts as absent, unknown ones
 * are passed over. A setting that its schema marks as secret may stand in a file, which the variable with `_FILE` after its
 * name leads to.
 * @throws ConfigError that names every problem, one a line, by its variable; never a value.
 */
export function readConfig<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv): z.infer<S> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const { values, paths, problems } = readSecrets(schema, given);
  const result = schema.safeParse({ ...given, ...values });
  const wrong = (result.error?.issues ?? []).filter(({ path: [variable] }) => !problems.has(String(variable)));
  if (result.success && problems.size === 0) return result.data;
  throw new ConfigError([...problems.values(), ...wrong.map((issue) => toProblem(issue, schema, { ...given, ...values }, paths))]);
}

/** The secrets that stand in files, the paths of those, and for each that cannot be had the reason; all by the setting. */
function readSecrets(schema: z.ZodObject, env: NodeJS.ProcessEnv) {
  const values: Record<string, string> = {};
  const paths = new Map<string, string>();
  const problems = new Map<string, string>();
  for (const [setting, type] of Object.entries(schema.shape)) {
    const variable = `${setting}${fileSuffix}`;
    const path = env[variable];
    if (path === undefined || !metaOf(type as z.ZodType).secret) continue;
    if (env[setting] !== undefined) problems.set(setting, `${variable}: must not be set together with ${setting}`);
    else {
      const file = readSecretFile(path);
      if ('problem' in file) problems.set(setting, `${variable}: ${file.problem}`);
      else {
        values[setting] = file.value;
        paths.set(setting, path);
      }
    }
  }
  return { values, paths, problems };
}

function toProblem(
  { path: [variable], message, code }: z.core.$ZodIssue,
  schema: z.ZodObject,
  env: NodeJS.ProcessEnv,
  paths: ReadonlyMap<string, string>,
): string {
  if (typeof variable !== 'string') return message;
  const { description, secret } = metaOf(schema.shape[variable] as z.ZodType);
  const origin = paths.has(variable) ? `; it was read from ${paths.get(variable)}` : '';
  // a rule over several settings may find fault with one that has its default
  const problem = variable in env || code === 'custom' ? `${message}${origin}` : `is required${secret ? `, or ${variable}${fileSuffix}` : ''}`;
  return `${variable}: ${problem}${description ? ` (${description})` : ''}`;
}
