import { type ComposeFile, type ComposeService, readCompose } from '@gatehouse/compose-file';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validateCompose } from './compose-file';
import { ask, installed, keepers, readYaml, services as apps, workspace } from './kubernetes-cluster';

type Facts = Record<string, { names: string[]; secrets: string[]; defaults: Record<string, unknown> }>;
/** The settings that each service knows, which of them are secrets, and their defaults. */
const facts = ask<Facts>(`
  const { readConfigSchema } = await import('./tools/docs/config-schema.mts');
  result = {};
  for (const app of ${JSON.stringify(apps)}) {
    const fields = Object.entries((await readConfigSchema(app)).shape);
    result[app] = { names: fields.map(([name]) => name), secrets: fields.filter(([, field]) => field.meta.secret).map(([name]) => name), defaults: Object.fromEntries(fields.map(([name, field]) => [name, field.safeParse(undefined).data])) };
  }`);
const portOf = (app: string, port: 'main' | 'admin') =>
  facts[app]!.defaults[`${app.toUpperCase()}_${port === 'admin' ? 'ADMIN' : app === 'gateway' ? 'HTTP' : 'GRPC'}_PORT`];

const { services, networks, volumes } = readCompose(workspace);
const entries = Object.entries(services);
const appOf = ({ image }: ComposeService) => apps.find((app) => image === `gatehouse/${app}:dev`);
const ours = entries.filter(([, service]) => appOf(service));
const servers = ours.filter(([, { command }]) => command[0] === 'serve');
const read = (path: string) => readFileSync(join(workspace, path), 'utf8');

it('is what the Compose Specification allows, key by key', () => {
  expect(validateCompose(readCompose(workspace))).toEqual([]);
});

it.each<[string, (file: ComposeFile) => unknown]>([
  ['depend_on', ({ services }) => (services.user!.depend_on = {})],
  ['subpaths', ({ services }) => ((services.user!.volumes![0]!.volume as Record<string, unknown>).subpaths = 'x')],
  ['conditon', ({ services }) => ((services.user!.depends_on!['user-migrate'] as Record<string, unknown>).conditon = 'x')],
  ['interna', ({ networks }) => ((networks.inside as Record<string, unknown>).interna = true)],
])('a misspelt key is refused: %s', (key, misspell) => {
  const file = structuredClone(readCompose(workspace));
  misspell(file);
  expect(validateCompose(file).join()).toContain(key);
});

it('runs each service, the migrations of each database and bootstrap, by commands that the images have', () => {
  expect(ours.map(([name, service]) => [name, appOf(service), ...service.command]).sort()).toEqual(
    [['auth-bootstrap', 'auth', 'bootstrap'], ...apps.map((app) => [app, app, 'serve']), ...keepers.map((app) => [`${app}-migrate`, app, 'migrate'])].sort(),
  );
  for (const [, service] of ours) expect(read(`apps/${appOf(service)}/src/main.ts`)).toMatch(new RegExp(`\\b${service.command[0]}(: |\\()`));
  for (const [, { healthcheck }] of servers)
    expect(healthcheck!.test).toEqual(['CMD', ...JSON.parse(/^HEALTHCHECK .* CMD (.*)$/m.exec(read('docker/Dockerfile'))![1]!)]);
});

it('makes secrets for each service with a database, and a certificate for each process that shows one', () => {
  const argumentsOf = (name: string, option: string) => services[name]!.command.filter((_, index, all) => all[index - 1] === option).sort();
  expect(argumentsOf('secrets', '--service')).toEqual([...keepers].sort());
  expect(argumentsOf('certificates', '--name')).toEqual([...apps, 'postgres'].sort());
});

it('makes its own images of the clone, one service each, and pulls none of them', () => {
  const dockerfile = read('docker/Dockerfile');
  const own = entries.filter(([, { image }]) => image.startsWith('gatehouse/'));
  const builders = own.filter(([, { build }]) => build);
  expect(new Set(builders.map(([, { image }]) => image)).size).toBe(builders.length);
  expect(new Set(own.map(([, { image }]) => image))).toEqual(new Set(builders.map(([, { image }]) => image)));
  for (const [name, { build, pull_policy }] of own) expect([name, pull_policy]).toEqual([name, build ? 'build' : 'never']);
  for (const [name, service] of builders.filter(([, service]) => appOf(service))) {
    expect(service.build).toEqual({ context: '.', args: { APP: name, FILES: `/images/${name}/` }, additional_contexts: { files: 'service:certificates' } });
    expect(dockerfile).toMatch(new RegExp(`^FROM service AS ${name}$`, 'm'));
  }
  expect(dockerfile.match(/^COPY --from=files \$\{FILES\} \/app\/$/gm)).toHaveLength(2);
  const { context, dockerfile: setup } = services.certificates!.build!;
  expect(join('docker', context)).toBe('.');
  // what it copies is made by targets that are there
  const [, targets] = /nx run-many -t (\S+) -p tag:type:service && npx nx build cli/.exec(read(setup!))!;
  expect(targets).toBe('image-files');
  expect(read(setup!)).toMatch(/^COPY --from=workspace \/workspace\/dist\/images \/images$/m);
  for (const path of ['package.json', 'package-lock.json', '.npmrc', 'tools/compose/make-secrets.mts', 'apps/cli/project.json'])
    expect([path, existsSync(join(workspace, path))]).toEqual([path, true]);
});

it('takes what others make at an exact version', () => {
  const others = entries.map(([, { image }]) => image).filter((image) => !image.startsWith('gatehouse/'));
  expect(others.length).toBeGreaterThan(7);
  for (const image of others) expect(image).toMatch(/^[a-z-]+(\/[a-z-]+)?:v?\d+\.\d+(\.\d+)?(-alpine)?$/);
});

it('tells each process settings that it knows, and secrets by files alone', () => {
  for (const [name, service] of ours) {
    const { names, secrets } = facts[appOf(service)!]!;
    for (const variable of Object.keys(service.environment ?? {})) {
      const setting = variable.replace(/_FILE$/, '');
      const isSecret = secrets.includes(setting);
      expect([name, variable, names.includes(variable) ? 'known' : isSecret ? 'secret' : 'unknown']).toEqual([name, variable, isSecret ? 'secret' : 'known']);
      expect([name, variable, isSecret]).toEqual([name, variable, isSecret && variable.endsWith('_FILE')]);
    }
  }
  for (const app of keepers) expect(Object.keys(services[`${app}-migrate`]!.environment!)).toEqual([`${app.toUpperCase()}_DATABASE_URL_FILE`]);
  for (const [name, { environment = {} }] of entries)
    for (const [variable, value] of Object.entries(environment))
      if (/PASSWORD|SECRET|_URL(_|$)/.test(variable)) expect([name, variable, /^(\/[a-z-]+)+$/.test(value)]).toEqual([name, variable, true]);
});

it('listens where its ports say, and has the services call each other by the names and ports that are there', () => {
  for (const [name, { environment = {}, expose = [], ports = [] }] of servers) {
    const main = name === 'gateway' ? 'HTTP' : 'GRPC';
    expect(environment).toMatchObject({ [`${name.toUpperCase()}_${main}_HOST`]: '0.0.0.0', [`${name.toUpperCase()}_ADMIN_HOST`]: '0.0.0.0' });
    expect(Object.keys(environment).filter((variable) => variable.endsWith('_PORT'))).toEqual([]);
    expect([...expose, ...ports.map((port) => port.split(':').at(-1))].map(Number).sort()).toEqual([portOf(name, 'main'), portOf(name, 'admin')].sort());
  }
  const targets = ours.flatMap(([name, { environment = {} }]) =>
    Object.entries(environment).flatMap(([variable, value]) =>
      /_TARGET$|_UPSTREAMS$/.test(variable) ? value.split(',').map((entry) => [name, entry.replace(/^.*=/, '')]) : [],
    ),
  );
  // bootstrap calls what auth does
  const calls = installed.reduce((sum, { name, packages, calls }) => sum + packages.length + (name === 'gateway' ? 0 : calls.length), 1);
  expect(targets).toHaveLength(calls);
  for (const [from, target] of targets) {
    const [, to, port] = /^dns:\/\/\/([a-z]+):(\d+)$/.exec(target!)!;
    expect(Number(port)).toBe(portOf(to!, 'main'));
    expect(services[from!]!.networks).toEqual(expect.arrayContaining(services[to!]!.networks!.filter((network) => network === 'inside')));
  }
});

it('has auth send its mails to the server that shows them, and nobody else', () => {
  const { environment, volumes: mounts } = services.auth!;
  const { source } = mounts!.find(({ target }) => target === environment!.AUTH_SMTP_URL_FILE)!;
  // 1025 is where Mailpit takes mail
  expect(read(join('docker', source))).toBe('smtp://mail:1025\n');
  expect(entries.filter(([, { networks: own }]) => own?.includes('mail')).map(([name]) => name)).toEqual(['auth', 'mail']);
});

it('is reached from the machine itself alone, and its databases by nobody but the services that own them', () => {
  const published = entries.flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]));
  expect(published.every(([, port]) => /^127\.0\.0\.1:(\d+):\1$/.test(port!))).toBe(true);
  expect(published.map(([name]) => name).sort()).toEqual(['gateway', 'grafana', 'mail']);
  const inNetwork = (network: string) =>
    entries
      .filter(([, service]) => service.networks?.includes(network))
      .map(([name]) => name)
      .sort();
  expect(inNetwork('databases')).toEqual([...keepers.flatMap((app) => [app, `${app}-migrate`]), 'auth-bootstrap', 'postgres'].sort());
  expect(inNetwork('limits')).toEqual(['gateway', 'valkey']);
  expect(inNetwork('inside')).toEqual([...apps, 'auth-bootstrap', 'collector', 'prometheus'].sort());
  expect(
    Object.entries(networks)
      .filter(([, { internal }]) => !internal)
      .map(([name]) => name),
  ).toEqual(['edge']);
  for (const [name, { networks: own, network_mode }] of entries)
    expect([name, network_mode ?? own?.every((network) => network in networks)]).toEqual([name, network_mode ? 'none' : true]);
});

it('keeps every process without rights, on a root file system that cannot be written to, within a limit of memory', () => {
  for (const [name, service] of entries) {
    expect([name, service]).toEqual([
      name,
      expect.objectContaining({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        user: expect.stringMatching(/^\d+:\d+$/),
        mem_limit: expect.stringMatching(/^\d+m$/),
      }),
    ]);
    // it reads what the engine writes, which is root's
    expect([name, service.user === '0:0']).toEqual([name, name === 'collector']);
    const isJob = service.restart === 'no';
    expect([name, service.restart]).toEqual([name, isJob ? 'no' : 'unless-stopped']);
    expect([name, isJob]).toEqual([name, ['certificates', 'secrets'].includes(name) || /-(migrate|bootstrap)$/.test(name)]);
  }
});

it('waits for what is made once, in order', () => {
  const waitsFor = (name: string): string[] =>
    Object.entries(services[name]!.depends_on ?? {}).flatMap(([other, { condition }]) => [`${other} ${condition.replace('service_', '')}`, ...waitsFor(other)]);
  const madeOnce = ['certificates completed_successfully', 'secrets completed_successfully'];
  for (const name of ['postgres', ...apps]) expect(waitsFor(name)).toEqual(expect.arrayContaining(madeOnce));
  for (const name of keepers) expect(waitsFor(name)).toEqual(expect.arrayContaining([`${name}-migrate completed_successfully`, 'postgres healthy']));
  expect(waitsFor('auth-bootstrap')).toEqual(expect.arrayContaining(['auth healthy', 'user healthy']));
  for (const [name, { depends_on = {} }] of entries)
    for (const [other, { condition }] of Object.entries(depends_on)) {
      const fits = condition === 'service_healthy' ? services[other]!.healthcheck !== undefined : services[other]!.restart === 'no';
      expect([name, other, fits]).toEqual([name, other, true]);
    }
});

it('gives a process the time that it takes to end, and its callers theirs', () => {
  for (const [, { environment = {}, stop_grace_period }] of servers) {
    const { SHUTDOWN_TIMEOUT_MS: timeout, SHUTDOWN_GRACE_MS: grace = '0' } = environment;
    expect(Number(grace) + Number(timeout)).toBeLessThan(Number(/^(\d+)s$/.exec(stop_grace_period!)![1]) * 1_000);
    expect(Number(timeout) * 0.7).toBeGreaterThan(facts.gateway!.defaults.GATEWAY_DEADLINE_MS as number);
  }
});

it('mounts files that are there, volumes that are declared, and of what is secret each its own part, to read alone', () => {
  const makers = ['certificates', 'secrets'];
  const used = new Set<string>();
  for (const [name, { volumes: mounts = [] }] of entries)
    for (const { type, source, target, read_only, volume } of mounts) {
      if (type === 'bind') {
        // the last is the engine's
        expect([name, source, existsSync(join(workspace, 'docker', source)) || source === '/var/lib/docker/containers', read_only]).toEqual([
          name,
          source,
          true,
          true,
        ]);
        continue;
      }
      used.add(source);
      if (!makers.includes(source)) continue;
      const isMaker = name === source;
      expect([name, source, Boolean(read_only), volume?.subpath]).toEqual([
        name,
        source,
        !isMaker,
        isMaker ? undefined : target === '/administrator' ? 'administrator' : name.replace(/-(migrate|bootstrap)$/, ''),
      ]);
    }
  expect(used).toEqual(new Set(Object.keys(volumes)));
});

describe('with the profile observability', () => {
  const observers = entries.filter(([, { profiles }]) => profiles?.includes('observability'));
  const inProfile = (name: string) => services[name]!;
  const mountedAt = (name: string, target: string) =>
    inProfile(name).volumes!.find((mount) => target === mount.target || target.startsWith(`${mount.target}/`))!;

  it('runs what docs/observability.md tells of, each with the file that is written for it', () => {
    expect(observers.map(([name]) => name).sort()).toEqual(['collector', 'grafana', 'loki', 'prometheus', 'tempo']);
    for (const name of ['collector', 'prometheus', 'tempo', 'loki']) {
      const path = inProfile(name).command.flatMap((argument) => /^--?config(?:\.file)?=(.*)$/.exec(argument)?.[1] ?? [])[0]!;
      const { source, target } = mountedAt(name, path);
      expect(existsSync(join(workspace, 'docker', source, path.slice(target.length)))).toBe(true);
    }
    expect(mountedAt('grafana', '/etc/grafana/dashboards').source).toBe('./observability/grafana/dashboards');
    expect(read('docker/observability/grafana/provisioning/dashboards/dashboards.yml')).toContain('path: /etc/grafana/dashboards ');
    expect(inProfile('prometheus').command).toContain('--enable-feature=exemplar-storage');
  });

  it('keeps data where their configurations put them', () => {
    expect([mountedAt('tempo', '/var/tempo/blocks').source, mountedAt('loki', '/loki/chunks').source, mountedAt('prometheus', '/prometheus').source]).toEqual([
      'traces',
      'logs',
      'metrics',
    ]);
    expect(read('docker/observability/tempo/tempo.yml')).toContain('path: /var/tempo/blocks');
    expect(read('docker/observability/loki/loki.yml')).toContain('path_prefix: /loki');
  });

  it('scrapes, reads and is sent to by names and ports that are there', () => {
    const { scrape_configs: jobs } = readYaml('docker/observability/prometheus/prometheus.yml') as {
      scrape_configs: { job_name: string; dns_sd_configs?: { names: string[]; port: number }[] }[];
    };
    expect(jobs.flatMap(({ dns_sd_configs = [] }) => dns_sd_configs.map(({ names, port }) => [names[0], port]))).toEqual(
      apps.map((app) => [app, portOf(app, 'admin')]),
    );
    for (const app of apps) expect(services[app]!.networks).toContain('inside');
    const { datasources } = readYaml('docker/observability/grafana/provisioning/datasources/datasources.yml') as { datasources: { url: string }[] };
    for (const { url } of datasources) expect(services[new URL(url).hostname]!.networks).toContain('telemetry');
    for (const [, { environment = {} }] of servers) expect(new URL(environment.OTEL_EXPORTER_OTLP_ENDPOINT!).host).toBe('collector:4318');
    expect(read('docker/observability/collector/collector.yml')).toContain("http: { endpoint: '0.0.0.0:4318' }");
  });

  it('finds the lines of the services, which the engine keeps in the files that the collector reads', () => {
    const [, folder] = /include: \[(.*)\/\*\/\*-json\.log\]/.exec(read('docker/observability/collector/collector.yml'))!;
    expect(mountedAt('collector', `${folder}/x`).source).toBe(folder);
    for (const [name, { logging }] of servers) expect([name, logging]).toEqual([name, expect.objectContaining({ driver: 'json-file' })]);
  });
});
