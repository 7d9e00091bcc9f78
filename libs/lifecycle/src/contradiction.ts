import type { z } from 'zod';

/**
 * What to tell where settings contradict each other: to be passed to `refine` of a schema, after the question whether they agree.
 * It is asked whatever is wrong elsewhere, so that every problem is told at once, but not of settings that are wrong themselves.
 * @param settings which the question is about; the first is named
 * @param error what the first must be, to agree with the others
 */
export const contradiction = (settings: readonly [string, ...string[]], error: string) => ({
  path: [settings[0]],
  error,
  when: ({ issues }: z.core.ParsePayload) => !issues.some(({ path }) => settings.includes(String(path?.[0]))),
});

/** A question whether settings agree, and what to tell where they do not. */
export type Contradiction<C> = readonly [agrees: (config: C) => boolean, otherwise: ReturnType<typeof contradiction>];

/** The schema with all of the questions asked. */
export const refineAll = <S extends z.ZodType>(schema: S, contradictions: readonly Contradiction<z.infer<S>>[]): S =>
  contradictions.reduce<S>((refined, [agrees, otherwise]) => refined.refine(agrees, otherwise) as S, schema);

/** Settings of which all must be there, or none: a question for each. */
export const togetherContradictions = <N extends string>(...settings: readonly N[]): readonly Contradiction<{ readonly [K in N]?: unknown }>[] =>
  settings.map((setting) => {
    const others = settings.filter((other) => other !== setting);
    return [
      (config) => config[setting] !== undefined || others.every((other) => config[other] === undefined),
      contradiction([setting, ...others], `must be set together with ${others.join(' and ')}`),
    ];
  });

type Listeners<N extends string> = { readonly [K in `${N}_HOST`]: string } & { readonly [K in `${N}_PORT`]: number };

/** Two listeners of a process, each by what its settings `_HOST` and `_PORT` begin with, must not be in each other's way. */
export const portContradiction = <N extends string>(one: N, other: N): Contradiction<Listeners<N>> => [
  (config) => !isSameAddress(addressOf(config, one), addressOf(config, other)),
  contradiction([`${one}_PORT`, `${one}_HOST`, `${other}_PORT`, `${other}_HOST`], `must not be ${other}_PORT at the same address`),
];

/** Migrations keep a lock in their session: where there is a pooler, they must have a way past it. `service` is what its settings begin with. */
export const poolerContradiction = <S extends string>(
  service: S,
): Contradiction<{ readonly [K in `${S}_DATABASE_POOLER` | `${S}_DATABASE_MIGRATION_URL`]?: string | undefined }> => [
  (config) => config[`${service}_DATABASE_POOLER`] === 'none' || config[`${service}_DATABASE_MIGRATION_URL`] !== undefined,
  contradiction(
    [`${service}_DATABASE_MIGRATION_URL`, `${service}_DATABASE_POOLER`],
    `is required where ${service}_DATABASE_POOLER is transaction: migrations go straight to PostgreSQL`,
  ),
];

function addressOf<N extends string>(config: Listeners<N>, name: N): { host: string; port: number } {
  const settings: Readonly<Record<string, unknown>> = config;
  return { host: settings[`${name}_HOST`] as string, port: settings[`${name}_PORT`] as number };
}

/** Whether two listeners of a process would be in each other's way. */
export function isSameAddress(one: { host: string; port: number }, other: { host: string; port: number }): boolean {
  const isAny = ({ host }: { host: string }) => host === '0.0.0.0' || host === '::';
  return one.port !== 0 && one.port === other.port && (one.host === other.host || isAny(one) || isAny(other));
}
