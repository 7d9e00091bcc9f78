import { readServices } from '#services';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

export const workspace = resolve(__dirname, '../../..');
export const installed = readServices(workspace);
export const services = installed.map(({ name }) => name);
export const keepers = installed.filter(({ hasDatabase }) => hasDatabase).map(({ name }) => name);

export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef?: { name: string; key: string; optional?: boolean } };
}
interface Probe {
  httpGet: { path: string; port: string };
}
export interface Container {
  volumeMounts?: unknown[];
  name: string;
  image: string;
  args: string[];
  ports?: { name: string; containerPort: number }[];
  env?: EnvVar[];
  envFrom?: { configMapRef: { name: string } }[];
  startupProbe: Probe;
  livenessProbe: Probe;
  readinessProbe: Probe;
}
interface Template {
  metadata: { labels: Record<string, string> };
  spec: { containers: [Container]; terminationGracePeriodSeconds?: number; volumes?: unknown[]; topologySpreadConstraints?: unknown[] };
}
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  data?: Record<string, string>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each kind has its own; the schemas check them
  spec: any;
}
interface Workload extends Manifest {
  spec: { template: Template; replicas?: number };
}

/** Everything an installation applies, as it is committed. */
export function readInstallation(overlay: string) {
  const text = readFileSync(join(workspace, `docker/kubernetes/overlays/${overlay}/rendered.yaml`), 'utf8');
  const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
  const all = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);
  const get = (kind: string, name: string) => {
    const found = all(kind).find(({ metadata }) => metadata.name === name);
    if (!found) throw new Error(`${overlay} has no ${kind} ${name}`);
    return found;
  };
  const workloads = (kind: string) => all(kind) as Workload[];
  /** What a container is told: the ConfigMaps, then what is said to it alone; a secret is the name of its key. */
  const environmentOf = ({ env = [], envFrom = [] }: Container) => ({
    ...Object.assign({}, ...envFrom.map(({ configMapRef }) => get('ConfigMap', configMapRef.name).data)),
    ...Object.fromEntries(env.map(({ name, value, valueFrom }) => [name, value ?? sampleSecrets[valueFrom!.secretKeyRef!.key]])),
  });
  return { text, manifests, all, get, workloads, environmentOf };
}

/** What a Secret may hold under each of the keys that are asked for. */
const sampleSecrets: Readonly<Record<string, string>> = {
  'database-url': 'postgresql://gatehouse:secret@databases:5432/gatehouse?sslmode=require',
  'database-read-url': 'postgresql://gatehouse:secret@replicas:5432/gatehouse?sslmode=require',
  'secret-key': Buffer.alloc(32, 7).toString('base64'),
  'previous-secret-keys': Buffer.alloc(32, 9).toString('base64'),
  'password-peppers': `first:${Buffer.alloc(32, 5).toString('base64')}`,
  email: 'admin@gatehouse.example',
  password: 'correct horse battery',
  'redis-url': 'rediss://:secret@valkey:6379',
  'smtp-url': 'smtp://gatehouse:secret@mail.example:587',
};

/** Runs code of the documentation's tools, which are ES modules, as a process; gives what it leaves in `result`. */
export function ask<T>(code: string, input: unknown = null): T {
  const program = `const input = JSON.parse(await new Response(process.stdin).text()); let result; ${code}; console.log(JSON.stringify(result))`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: workspace,
    encoding: 'utf8',
    input: JSON.stringify(input),
    maxBuffer: 16 << 20,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T;
}

export const readYaml = (file: string): unknown => parse(readFileSync(join(workspace, file), 'utf8'));
