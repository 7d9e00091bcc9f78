import { runSource } from './run-source.mts';

/** A setting, as zod has it. */
export interface Field {
  readonly def: { readonly innerType?: Field; readonly in?: Field; readonly entries?: Readonly<Record<string, string>> };
  /** What is said beside its rules. */
  readonly meta: { readonly description?: string; readonly form?: string; readonly secret?: boolean };
  safeParse(value: unknown): { success: boolean; data?: unknown };
}

interface Schema {
  shape: Record<string, Field>;
  safeParse(value: unknown): { success: boolean; data?: unknown; error?: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
}

interface Source {
  readonly configSchema: { readonly shape: Record<string, Omit<Field, 'meta'>>; safeParse: Schema['safeParse'] };
  metaOf(type: unknown): Field['meta'];
}

/** The schema of every setting of a service, from its config.ts; throws where that does not compile. */
export const readConfigSchema = (app: string): Promise<Schema> =>
  // the rules of a setting, and what is said beside them, by the code that reads both
  runSource<Source, Schema>(
    `export { configSchema } from './config'; export { metaOf } from '@gatehouse/lifecycle';`,
    `apps/${app}/src`,
    ({ configSchema, metaOf }) => ({
      shape: Object.fromEntries(Object.entries(configSchema.shape).map(([name, type]) => [name, Object.assign(type, { meta: metaOf(type) })])),
      safeParse: (value) => configSchema.safeParse(value),
    }),
  );
