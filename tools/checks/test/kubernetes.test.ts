import { calleesOf, toContractName, toSetting } from '#services';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, type Container, installed, keepers, type Manifest, readInstallation, readYaml, services, workspace } from './kubernetes-cluster';

type Facts = Record<string, { names: string[]; defaults: Record<string, unknown> }>;
/** The settings that each service knows, with their defaults. */
const facts = ask<Facts>(`
  const { readConfigSchema } = await import('./tools/docs/config-schema.mts');
  result = {};
  for (const app of ${JSON.stringify(services)}) {
    const { shape } = await readConfigSchema(app);
    result[app] = { names: Object.keys(shape), defaults: Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, field.safeParse(undefined).data])) };
  }`);
const defaultOf = (service: string, name: string) => facts[service]!.defaults[name];
const adminPortOf = (service: string) => defaultOf(service, `${service.toUpperCase()}_ADMIN_PORT`);
const mainPortOf = (service: string) => defaultOf(service, service === 'gateway' ? 'GATEWAY_HTTP_PORT' : `${service.toUpperCase()}_GRPC_PORT`);
/** The service whose image a container runs, whatever the registry and the tag. */
const serviceOf = ({ image }: Container) => /(?:^|\/)gatehouse\/([a-z]+):[\w.-]+$/.exec(image)?.[1];

const validate = (manifests: readonly unknown[]) =>
  ask<string[]>(`const { validateManifests } = await import('./tools/docs/kubernetes/validate.mts'); result = await validateManifests(input)`, manifests);
const changed = (manifest: Manifest, change: (copy: Manifest) => void) => {
  const copy = structuredClone(manifest);
  change(copy);
  return copy;
};

describe.each(['small', 'large'])('the %s installation', (overlay) => {
  const installation = readInstallation(overlay);
  const servers = installation.workloads('Deployment');
  const jobs = installation.workloads('Job');
  const containers = [...servers, ...jobs].map(({ spec }) => spec.template.spec.containers[0]);

  it('is what its files come to now', () => {
    const [head] = installation.text.split('\n', 1);
    const body = installation.text.slice(head!.length + 1);
    expect(`${head}\n`).toBe(ask(`const { headOf } = await import('./tools/docs/kubernetes/rendered.mts'); result = headOf(input)`, body));
  });

  it('is what the schemas of Kubernetes and of the operators allow, key by key', () => {
    expect(validate(installation.manifests)).toEqual([]);
  });

  it('is in one namespace, and says of each part what it belongs to', () => {
    for (const { kind, metadata } of installation.manifests)
      expect([kind, metadata]).toEqual([
        kind,
        expect.objectContaining({
          ...(kind === 'Namespace' ? { name: 'gatehouse' } : { namespace: 'gatehouse' }),
          labels: expect.objectContaining({ 'app.kubernetes.io/part-of': 'gatehouse' }),
        }),
      ]);
  });

  it('runs each service, and the commands that its image has', () => {
    expect(servers.map(({ metadata, spec }) => [metadata.name, serviceOf(spec.template.spec.containers[0])]).sort()).toEqual(
      [...services].sort().map((name) => [name, name]),
    );
    expect(jobs.map(({ metadata }) => metadata.name).sort()).toEqual(
      [...(overlay === 'small' ? ['auth-bootstrap'] : []), ...keepers.map((name) => `${name}-migrate`)].sort(),
    );
    for (const container of containers) {
      const [command, ...rest] = container.args;
      expect(rest).toEqual([]);
      // what runCommand is given in main.ts
      expect(readFileSync(join(workspace, `apps/${serviceOf(container)}/src/main.ts`), 'utf8')).toMatch(new RegExp(`(?<=[{\\s])(async )?${command}(: |\\()`));
    }
  });

  it('tells each process settings that it knows, with values that it accepts', () => {
    const told = containers.map((container) => ({
      service: serviceOf(container)!,
      command: container.args[0],
      env: installation.environmentOf(container) as Record<string, string>,
    }));
    // a job is told what it needs, and for the rest its server is
    const serves = (service: string) => told.find((one) => one.service === service && one.command === 'serve')!.env;
    for (const { service, env } of told) expect(facts[service]!.names).toEqual(expect.arrayContaining(Object.keys(env)));
    const problems = ask(
      `const { readConfigSchema } = await import('./tools/docs/config-schema.mts');
       result = [];
       for (const { service, env } of input) result.push(...((await readConfigSchema(service)).safeParse(env).error?.issues.map(({ path, message }) => service + ' ' + path.join() + ': ' + message) ?? []));`,
      told.filter(({ command }) => command !== 'migrate').map(({ service, env }) => ({ service, env: { ...serves(service), ...env } })),
    );
    expect(problems).toEqual([]);
    for (const { service, env } of told.filter(({ command }) => command === 'migrate'))
      expect(Object.keys(env)).toEqual([`${service.toUpperCase()}_DATABASE_URL`, 'MTLS_CERT_FILE', 'MTLS_KEY_FILE', 'MTLS_CA_FILE']);
  });

  it('keeps its processes without rights, on a root file system that cannot be written to', () => {
    for (const { spec } of [...servers, ...jobs]) {
      const pod = spec.template.spec;
      expect(pod).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } });
      expect(pod.containers).toMatchObject([
        {
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
          resources: { requests: { cpu: expect.any(String), memory: expect.any(String) }, limits: { memory: expect.any(String) } },
        },
      ]);
    }
  });

  it('spreads each service, keeps all but one of its replicas, and selects no pod but its own', () => {
    for (const { metadata, spec } of servers) {
      const own = { 'app.kubernetes.io/name': metadata.name, 'app.kubernetes.io/component': 'server' };
      expect(spec.template.metadata.labels).toMatchObject(own);
      expect(spec.template.spec.topologySpreadConstraints).toMatchObject(
        ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({ topologyKey, labelSelector: { matchLabels: own } })),
      );
      expect(installation.get('PodDisruptionBudget', metadata.name).spec).toMatchObject({ maxUnavailable: 1, selector: { matchLabels: own } });
      for (const service of installation.all('Service').filter(({ spec: { selector } }) => selector['app.kubernetes.io/name'] === metadata.name))
        expect(service.spec.selector).toEqual(own);
    }
    for (const { spec } of jobs) expect(spec.template.metadata.labels['app.kubernetes.io/component']).not.toBe('server');
  });

  it.each(services)('has %s listen where its ports, Services and probes say, off loopback', (service) => {
    const container = containers.find((one) => serviceOf(one) === service && one.args[0] === 'serve')!;
    const env = installation.environmentOf(container) as Record<string, string>;
    const main = service === 'gateway' ? 'http' : 'grpc';
    expect(env).toMatchObject({ [`${service.toUpperCase()}_${main.toUpperCase()}_HOST`]: '0.0.0.0', [`${service.toUpperCase()}_ADMIN_HOST`]: '0.0.0.0' });
    expect(Object.keys(env).filter((name) => name.endsWith('_PORT'))).toEqual([]);
    expect(container.ports).toEqual([
      { name: main, containerPort: mainPortOf(service) },
      { name: 'admin', containerPort: adminPortOf(service) },
    ]);
    const admin = readFileSync(join(workspace, 'libs/lifecycle/src/admin-server.ts'), 'utf8');
    const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe].map(({ httpGet }) => httpGet);
    expect(probes).toEqual(['/livez', '/livez', '/readyz'].map((path) => ({ path, port: 'admin' })));
    for (const { path } of probes) expect(admin).toContain(`app.get('${path}'`);
    const ports = installation
      .all('Service')
      .filter(({ spec }) => spec.selector['app.kubernetes.io/name'] === service)
      .flatMap(({ spec }) => spec.ports);
    expect(ports.map(({ targetPort }) => targetPort).sort()).toEqual(['admin', main]);
  });

  it('has the services call each other by the names and ports that are there', () => {
    const targets = containers.flatMap((container) =>
      Object.entries(installation.environmentOf(container) as Record<string, string>).flatMap(([name, value]) =>
        /_TARGET$|_UPSTREAMS$/.test(name) ? value.split(',').map((entry) => entry.replace(/^.*=/, '')) : [],
      ),
    );
    // bootstrap calls what auth does
    const calls = installed.reduce((sum, { name, packages, calls }) => sum + packages.length + (name === 'gateway' ? 0 : calls.length), 0);
    expect(targets).toHaveLength(overlay === 'small' ? calls + 1 : calls);
    for (const target of targets) {
      const [, name, port] = /^dns:\/\/\/([a-z]+):(\d+)$/.exec(target)!;
      const { spec } = installation.get('Service', name!);
      expect(spec.clusterIP).toBe('None');
      expect(spec.ports).toContainEqual({ name: 'grpc', port: Number(port), targetPort: 'grpc' });
      expect(Number(port)).toBe(mainPortOf(name!));
    }
  });

  it('gives a process the time that it takes to end, and its callers theirs', () => {
    for (const { spec } of servers) {
      const { containers, terminationGracePeriodSeconds } = spec.template.spec;
      const { SHUTDOWN_GRACE_MS: grace, SHUTDOWN_TIMEOUT_MS: timeout } = installation.environmentOf(containers[0]) as Record<string, string>;
      expect(Number(grace) + Number(timeout)).toBeLessThan(terminationGracePeriodSeconds! * 1_000);
      expect(Number(timeout) * 0.7).toBeGreaterThan(defaultOf('gateway', 'GATEWAY_DEADLINE_MS') as number);
      // longer than two failed probes of readiness
      expect(Number(grace)).toBeGreaterThanOrEqual(5_000);
    }
  });

  it('lets pass what the architecture draws, and nothing else', () => {
    const arrows = installation.all('NetworkPolicy').flatMap(({ spec }) => toArrows(spec));
    const calls = installed.flatMap((service) =>
      calleesOf(service, installed).flatMap(({ name, ports }) => [`${service.name} → ${name}:${ports.grpc}`, `${service.name} → ${name}:grpc`]),
    );
    const around = ['any → gateway:http', 'prometheus → server:admin', 'server → opentelemetry-collector:4318', 'all → kube-dns:53', 'all → kube-dns:53'];
    const databases = keepers.flatMap((keeper, index) =>
      [keeper, `${keeper}-migrate`].map((name) => `${name} → ${overlay === 'large' ? `10.20.0.${10 + index}/32` : `gatehouse-${keeper}`}:5432`),
    );
    const beside = ['gateway → valkey:6379', 'auth → valkey:6379', 'auth → any:465', 'auth → any:587'];
    expect(arrows.sort()).toEqual([...calls, ...around, ...databases, ...(overlay === 'large' ? beside : [])].sort());
    expect(installation.get('NetworkPolicy', 'default-deny').spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  it('is applied in an order: what the migrations need, the migrations, the services, the first administrator', () => {
    const waveOf = ({ metadata: { annotations = {} } }: Manifest) => Number(annotations['argocd.argoproj.io/sync-wave'] ?? 0);
    const hookOf = ({ metadata: { annotations = {} } }: Manifest) => annotations['argocd.argoproj.io/hook'];
    const stepOf = ({ metadata: { labels = {} } }: Manifest) => labels['app.kubernetes.io/component'];
    for (const manifest of installation.manifests) {
      const is = (...kinds: string[]) => kinds.includes(manifest.kind);
      // the label is what docs/kubernetes.md has kubectl select by
      const step = is('Deployment') ? 'server' : !is('Job') ? undefined : manifest.metadata.name.endsWith('-migrate') ? 'migration' : 'bootstrap';
      const wave = is('Namespace') ? -3 : is('NetworkPolicy', 'ExternalSecret', 'Certificate') ? -2 : step === 'migration' ? -1 : 0;
      const hook = step === 'migration' ? 'Sync' : step === 'bootstrap' ? 'PostSync' : undefined;
      expect([manifest.kind, manifest.metadata.name, stepOf(manifest), waveOf(manifest), hookOf(manifest)]).toEqual([
        manifest.kind,
        manifest.metadata.name,
        step,
        wave,
        hook,
      ]);
    }
  });

  it('gives each process the certificate of its service, in a folder that is renewed', () => {
    for (const { spec } of [...servers, ...jobs]) {
      const {
        volumes,
        containers: [container],
      } = spec.template.spec;
      expect(volumes).toEqual([{ name: 'certificates', secret: { secretName: `gatehouse-${serviceOf(container)}-tls` } }]);
      expect(container.volumeMounts).toEqual([{ name: 'certificates', mountPath: '/etc/gatehouse/tls', readOnly: true }]);
      const env = installation.environmentOf(container) as Record<string, string>;
      expect(env).toMatchObject({
        MTLS_CERT_FILE: '/etc/gatehouse/tls/tls.crt',
        MTLS_KEY_FILE: '/etc/gatehouse/tls/tls.key',
        MTLS_CA_FILE: '/etc/gatehouse/tls/ca.crt',
      });
      expect(Object.keys(env)).not.toContain('ALLOW_PLAINTEXT_GRPC');
    }
  });

  it('lets call over mutual TLS whom the network lets through, and nobody else', () => {
    const peersOf = (service: string, setting: string) => (defaultOf(service, setting) as string[]).map((peer) => `${peer} → ${service}`);
    const peers = installed.flatMap(({ name, packages }) => packages.flatMap((each) => peersOf(name, toSetting({ name: toContractName(each) }, 'MTLS_PEERS'))));
    const arrows = installation
      .all('NetworkPolicy')
      .flatMap(({ spec }) => toArrows(spec))
      .flatMap((arrow) => /^(.*):grpc$/.exec(arrow)?.[1] ?? []);
    expect([...new Set(peers)].sort()).toEqual([...new Set(arrows)].sort());
  });

  it('takes no secret but by reference', () => {
    const secret = /(SECRET_KEY|DATABASE_(READ_)?URL|REDIS_URL|SMTP_URL|PASSWORD|HEADERS)$/;
    expect(installation.all('Secret')).toEqual([]);
    for (const { env = [] } of containers) for (const { name, value } of env) expect([name, secret.test(name) && value !== undefined]).toEqual([name, false]);
    for (const { data = {} } of installation.all('ConfigMap')) expect(Object.keys(data).filter((name) => secret.test(name))).toEqual([]);
  });
});

describe('the large installation', () => {
  const installation = readInstallation('large');

  it('verifies the email of who signs up, and counts attempts of all its processes together', () => {
    const { spec } = installation.workloads('Deployment').find(({ metadata }) => metadata.name === 'auth')!;
    const { AUTH_SIGNUP_VERIFICATION, ...env } = installation.environmentOf(spec.template.spec.containers[0]) as Record<string, string>;
    expect(AUTH_SIGNUP_VERIFICATION).toBe('required');
    expect(Object.keys(env)).toEqual(expect.arrayContaining(['AUTH_SMTP_URL', 'AUTH_MAIL_FROM', 'RATE_LIMIT_REDIS_URL']));
  });

  it('fetches each secret that a container cannot be without', () => {
    const fetched = installation
      .all('ExternalSecret')
      .flatMap(({ spec }) => spec.data.map(({ secretKey }: { secretKey: string }) => `${spec.target.name}/${secretKey}`));
    const asked = [...installation.workloads('Deployment'), ...installation.workloads('Job')]
      .flatMap(({ spec }) => spec.template.spec.containers[0].env ?? [])
      .flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? [])
      .flatMap(({ name, key, optional }) => (optional ? [] : [`${name}/${key}`]));
    expect([...new Set(asked)].sort()).toEqual(fetched.sort());
  });

  it('has a certificate issued for each service, by the names that its peers know and its callers call', () => {
    for (const service of services) {
      const { spec } = installation.get('Certificate', service);
      expect(spec).toMatchObject({ secretName: `gatehouse-${service}-tls`, privateKey: { rotationPolicy: 'Always' } });
      expect(spec.dnsNames[0]).toBe(service);
      expect(spec.usages).toEqual(expect.arrayContaining(service === 'gateway' ? ['client auth'] : ['client auth', 'server auth']));
    }
  });

  it('scales by what the adapter makes of metrics that the service has', () => {
    const measured = [...readFileSync(join(workspace, 'docs/metrics.md'), 'utf8').matchAll(/^\| `(\w+)` \| (\w+) \|.*\| ([a-z, ]+) \|/gm)];
    const has = (service: string, name: string) =>
      measured.some(([, metric, , owners]) => metric === name && (owners === 'all' || owners!.split(', ').includes(service)));
    const { rules } = readYaml('docker/kubernetes/prometheus-adapter/config.yaml') as { rules: { seriesQuery: string; name?: { as: string } }[] };
    const made = new Map(
      rules.flatMap(({ seriesQuery, name }) =>
        name
          ? [[name.as, /^\w+?(?=_count\{)/.exec(seriesQuery)![0]] as const]
          : /\^\((.*)\)\$/
              .exec(seriesQuery)![1]!
              .split('|')
              .map((gauge) => [gauge, gauge] as const),
      ),
    );
    const scaled = installation
      .all('HorizontalPodAutoscaler')
      .flatMap(({ spec }) =>
        spec.metrics.flatMap(({ pods }: { pods?: { metric: { name: string } } }) =>
          pods ? [[spec.scaleTargetRef.name as string, pods.metric.name] as const] : [],
        ),
      );
    expect(new Set(scaled.map(([service]) => service))).toEqual(new Set(services));
    for (const [service, metric] of scaled) expect([service, metric, has(service, made.get(metric) ?? 'made by no rule')]).toEqual([service, metric, true]);
    expect(new Set(scaled.map(([, metric]) => metric))).toEqual(new Set(made.keys()));
    for (const { spec } of installation.workloads('Deployment')) expect(spec.replicas).toBeUndefined();
  });

  it('is scraped at the port and path that give metrics, of every service', () => {
    const { spec } = installation.get('ServiceMonitor', 'gatehouse');
    expect(spec.endpoints).toMatchObject([{ port: 'admin', path: '/metrics' }]);
    const [{ key, values }] = spec.selector.matchExpressions;
    const found = installation
      .all('Service')
      .filter(({ metadata, spec: { ports } }) => values.includes(metadata.labels?.[key]) && ports.some(({ name }: { name: string }) => name === 'admin'));
    expect(found.map(({ metadata }) => metadata.labels?.[spec.jobLabel]).sort()).toEqual([...services].sort());
  });
});

it('a misspelt key, a wrong type, a missing field and an unknown kind are refused', () => {
  const installation = readInstallation('large');
  const gateway = installation.get('Deployment', 'gateway');
  const wrong = [
    changed(gateway, ({ spec }) => (spec.template.spec.containers[0].livenesProbe = {})),
    changed(gateway, ({ spec }) => (spec.replicas = 'two')),
    changed(gateway, ({ spec }) => delete spec.selector),
    changed(gateway, (copy) => (copy.apiVersion = 'apps/v9')),
    changed(installation.get('ServiceMonitor', 'gatehouse'), ({ spec }) => (spec.endpoints[0].intervall = '1s')),
    changed(installation.get('ExternalSecret', 'user-secrets-1'), ({ spec }) => (spec.secretStorRef = {})),
    changed(installation.get('NetworkPolicy', 'user'), ({ spec }) => (spec.ingress[0].form = [])),
  ].map((manifest, index) => ({ ...manifest, metadata: { ...manifest.metadata, name: `wrong-${index}` } }));
  const problems = validate(wrong).join('\n');
  for (const [index, sentence] of [
    /livenesProbe/,
    /replicas must be integer/,
    /selector/,
    /there is no Deployment in apps\/v9/,
    /intervall/,
    /secretStorRef/,
    /form/,
  ].entries())
    expect(problems).toMatch(new RegExp(`wrong-${index}: .*${sentence.source}`));
});

/** `from → to:port`, each that a policy allows; a port by its name is one of the pods that are let in to. */
function toArrows(spec: Manifest['spec']): string[] {
  const from = namesOf(spec.podSelector);
  const arrows = (rules: Manifest['spec'][] = [], side: 'from' | 'to') =>
    rules.flatMap(({ ports, [side]: peers = [{}] }) =>
      peers.flatMap((peer: Manifest['spec']) =>
        ports.flatMap(({ port }: { port: unknown }) =>
          from.flatMap((own) =>
            namesOf(peer.podSelector, peer.ipBlock).map((other) => (side === 'from' ? `${other} → ${own}:${port}` : `${own} → ${other}:${port}`)),
          ),
        ),
      ),
    );
  return [...arrows(spec.ingress, 'from'), ...arrows(spec.egress, 'to')];
}

function namesOf(selector: Manifest['spec'], ipBlock?: { cidr: string }): string[] {
  if (ipBlock) return [ipBlock.cidr];
  if (!selector) return ['any'];
  return selector.matchExpressions?.[0].values ?? (selector.matchLabels ? Object.values(selector.matchLabels) : ['all']);
}
