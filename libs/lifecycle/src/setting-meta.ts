import type { z } from 'zod';

/** What a schema says of a setting beside its rule, by zod's `meta`. */
export interface SettingMeta {
  readonly description?: string;
  /** Never told, and may stand in a file. */
  readonly secret?: boolean;
  /** What a value looks like: a unit and its range, or a kind. */
  readonly form?: string;
}

/** What is said of a setting by its type or, where that is silent, by those that it wraps: a default, a transformation. */
export function metaOf(type: z.ZodType): SettingMeta {
  const { innerType, in: input } = type.def as { innerType?: z.ZodType; in?: z.ZodType };
  const wrapped = innerType ?? input;
  return { ...(wrapped && metaOf(wrapped)), ...type.meta() };
}
