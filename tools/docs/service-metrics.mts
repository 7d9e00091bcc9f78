import { runSource } from './run-source.mts';

/** An instrument of prom-client. */
export interface Instrument {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labelNames: readonly string[];
}

interface Service {
  read(environment: Record<string, string>): unknown;
  create(config: unknown): { readonly registry: { getMetricsAsArray(): Instrument[] }; close(): Promise<void> };
}

// what has no default; nothing is connected to
const key = Buffer.alloc(32).toString('base64');
const required = (app: string) => ({
  [`${app.toUpperCase()}_DATABASE_URL`]: 'postgresql://nobody@127.0.0.1:1/nowhere',
  [`${app.toUpperCase()}_SECRET_KEY`]: key,
  // there is no mail server
  AUTH_SIGNUP_VERIFICATION: 'off',
  // what has instruments of its own, where the service knows it
  [`${app.toUpperCase()}_DATABASE_READ_URL`]: 'postgresql://nobody@127.0.0.1:1/nowhere',
});

/** Every instrument of a service as its composition root makes it, without listening. */
export async function readInstruments(app: string): Promise<readonly Instrument[]> {
  const name = `create${app[0]!.toUpperCase()}${app.slice(1)}App`;
  const contents = `import { configSchema } from './config'; export { ${name} as create } from './app'; export const read = (environment) => configSchema.parse(environment);`;
  return runSource<Service, readonly Instrument[]>(contents, `apps/${app}/src`, async ({ read, create }) => {
    const created = create(read(required(app)));
    const instruments = created.registry.getMetricsAsArray();
    await created.close();
    return instruments;
  });
}
