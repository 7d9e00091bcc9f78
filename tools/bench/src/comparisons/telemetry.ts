import { startTemporaryPostgresServer } from '@gatehouse/postgres-server';
import { randomUUID } from 'node:crypto';
import type { Comparison, Contender } from '../comparison';
import { startGateway } from '../gateway-process';
import { loadHttp } from '../load';
import type { NeighboursIntroduction, SpansQuestion } from '../measured/neighbours';
import { measureTogether } from '../measured-process';
import { startOwn } from '../own-process';
import { migrateUsers, startUser } from '../user-process';

interface Installation {
  readonly name: string;
  /** Where its bundles are, in the folder of what is built. */
  readonly folder: string;
  readonly settings: Record<string, string>;
  readonly preload?: string;
  /** Whether spans of it must have come when all is over. */
  readonly isTraced?: boolean;
}

const on: Installation = { name: 'on', folder: 'apps', settings: { OTEL_TRACES_SAMPLER_ARG: '0.1' }, isTraced: true };
const quiet: Installation = { name: 'metrics alone', folder: 'apps', settings: { OTEL_SDK_DISABLED: 'true', LOG_LEVEL: 'error' } };
const silent: Installation = { name: 'none', folder: 'tools/bench-services/silent', settings: {} };
const stock: Installation = {
  name: 'off the shelf',
  folder: 'tools/bench-services/stock',
  settings: {},
  preload: 'tools/bench/stock-telemetry.cjs',
  isTraced: true,
};

/** What traces, metrics and logs cost a request. */
export const telemetry: Comparison = {
  name: 'telemetry',
  title: 'Traces, metrics and logs together',
  about:
    "GetUser through gateway, user service and PostgreSQL, the services as they are shipped, CPU time of both together: with a tenth of all traces exported by OTLP, metrics, and an access line a process into stdout, which is /dev/null, against the same services built with observers that do nothing. Beside it, held to nothing: against the shipped services with traces and access lines switched off by settings, which leaves metrics and the ids of traces; and what is mostly taken off the shelf, OpenTelemetry's instrumentations of http, grpc and pg, and winston with `timestamp`, `errors` and `json`. Since those patch packages, its services have their packages outside of the bundle.",
  measure: 'ratio',
  bar: 1.1,
  async open({ nodeArguments }) {
    const opened: { close(): Promise<unknown> }[] = [];
    const close = async () => {
      for (const each of opened.splice(0).reverse()) await each.close();
    };
    const keep = <Process extends { stop(): Promise<void> }>(process: Process): Process => {
      opened.push({ close: () => process.stop() });
      return process;
    };
    try {
      const neighbours = keep(await startOwn<NeighboursIntroduction>('neighbours', nodeArguments));
      const { target: verifierTarget, issuer, otlpEndpoint, token } = neighbours.introduced;
      // closed after the services, which send what is left as they end
      opened.push({ close: async () => requireSpans(await neighbours.ask<Record<string, number>, SpansQuestion>({ ask: 'spans' })) });
      const postgres = keep(await startTemporaryPostgresServer());
      const databaseUrl = await postgres.createDatabase('bench', { role: 'bench', password: 'bench' });
      await migrateUsers(databaseUrl);
      const headers = { authorization: `Bearer ${token}` };
      let id: string | undefined;

      const install = async ({ name, folder, settings, preload }: Installation): Promise<Contender> => {
        const more = preload ? ['--require', `./${preload}`, ...nodeArguments] : nodeArguments;
        const toOptions = (app: string) => ({
          bundle: `${folder}/${app}/main.cjs`,
          environment: { OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint, OTEL_SERVICE_NAME: toServiceName(app, name), ...settings },
          nodeArguments: more,
          issuer,
        });
        const user = keep(await startUser({ ...toOptions('user'), databaseUrl, verifierTarget }));
        const gateway = keep(await startGateway({ ...toOptions('gateway'), target: user.target, otherTarget: verifierTarget }));
        id ??= await createPerson(gateway.url, headers);
        const url = `${gateway.url}/v1/users/${id}`;
        const load = (requests: number) => loadHttp(requests, { url, headers, status: 200 });
        return {
          name,
          async sample(requests) {
            // who waited while the others were measured finds caches and heap cold
            await load(Math.ceil(requests / 4));
            return measureTogether([gateway, user], requests, () => load(requests));
          },
        };
      };
      const none = await install(silent);
      const all = await install(on);
      const requests = 1_500;
      return {
        pairs: [
          { name: 'gatehouse', requests, baseline: none, contender: all },
          { name: 'by settings', requests, isContext: true, baseline: await install(quiet), contender: all },
          { name: 'off the shelf', requests, isContext: true, baseline: none, contender: await install(stock) },
        ],
        close,
      };
    } catch (error) {
      await close().catch(() => {});
      throw error;
    }
  },
};

const toServiceName = (app: string, installation: string) => `${app}, ${installation}`;

/** @throws Error when a service that should be traced is not, or the other way round: then something else was measured */
function requireSpans(counts: Record<string, number>): void {
  for (const { name, isTraced = false } of [on, quiet, silent, stock])
    for (const app of ['user', 'gateway'])
      if ((counts[toServiceName(app, name)] ?? 0) > 0 !== isTraced)
        throw new Error(`the collector should have spans of those that are traced, and of no others: ${JSON.stringify(counts)}`);
}

async function createPerson(url: string, headers: Record<string, string>): Promise<string> {
  const answer = await fetch(`${url}/v1/users`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ada@example.com', displayName: 'Ada Lovelace', requestId: randomUUID() }),
  });
  if (!answer.ok) throw new Error(`CreateUser was answered with ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { id: string }).id;
}
