import { z } from 'zod';
import { ConfigError } from './config-error';

/**
 * The configuration that the environment holds, by the schema of an app. An empty variable counts as absent, unknown ones
 * are passed over.
 * @throws ConfigError that names every problem, one a line, by its variable; never a value.
 */
export function readConfig<S extends z.ZodType>(schema: S, env: NodeJS.ProcessEnv): z.infer<S> {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(present);
  if (result.success) return result.data;
  throw new ConfigError(result.error.issues.map((issue) => toProblem(issue, schema, present)));
}

function toProblem({ path, message }: z.core.$ZodIssue, schema: z.ZodType, env: NodeJS.ProcessEnv): string {
  const [variable] = path;
  if (typeof variable !== 'string') return message;
  const meaning = schema instanceof z.ZodObject ? (schema.shape[variable] as z.ZodType | undefined)?.description : undefined;
  const problem = variable in env ? message : 'is required';
  return `${variable}: ${problem}${meaning ? ` (${meaning})` : ''}`;
}
