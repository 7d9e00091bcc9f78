import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port';
import { type Gatehouse, services } from './gatehouse';
import { operatorsFolder } from './operators-files';
import { until } from './service-process';

export interface Prometheus {
  readonly url: string;
  /** Asks its HTTP API. @throws Error with what it says when it refuses */
  ask<Data>(path: string, parameters?: Record<string, string>): Promise<Data>;
  close(): Promise<void>;
}

/** Prometheus as an operator would run it, with the rules that come with Gatehouse, but scraping and evaluating each second. */
export async function startPrometheus(gatehouse: Pick<Gatehouse, 'ports'>): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-prometheus-'));
  const port = await freePort();
  const jobs = services.map((service) => ({ job_name: service, static_configs: [{ targets: [`127.0.0.1:${gatehouse.ports[`${service}Admin`]}`] }] }));
  const global = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' };
  // JSON is YAML too
  writeFileSync(
    join(folder, 'prometheus.yml'),
    JSON.stringify({ global, rule_files: [join(operatorsFolder, 'prometheus/rules/*.yml')], scrape_configs: jobs }),
  );
  const options = [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--enable-feature=exemplar-storage',
    '--log.level=warn',
  ];
  const child = spawn('prometheus', options, { stdio: ['ignore', 'inherit', 'inherit'] });
  const url = `http://127.0.0.1:${port}`;
  await until('Prometheus is ready', () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return {
    url,
    async ask<Data>(path: string, parameters: Record<string, string> = {}) {
      const { status, data, error } = (await (await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`)).json()) as {
        status: string;
        data: Data;
        error?: string;
      };
      if (status !== 'success') throw new Error(error);
      return data;
    },
    async close() {
      if (child.exitCode === null) {
        const gone = once(child, 'exit');
        child.kill('SIGTERM');
        await gone;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
