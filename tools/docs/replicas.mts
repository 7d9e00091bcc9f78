// What `npm run proof -- replicas` measured, as a section of measurements.md and as docs/figures/replicas.svg.

type Service = 'gateway' | 'user' | 'auth';
type PerService = Record<Service, number>;
export interface ReplicaRun {
  count: number;
  rounds: number;
  asked: number;
  refreshed: number;
  restMs: number;
  /** Of the machine as it began. */
  load: number;
  /** CPU time a request, all replicas together. */
  askedMicros: PerService;
  refreshedMicros: PerService;
  /** CPU time a request of all services, times that of one replica of each. */
  askedRatio: number;
  refreshedRatio: number;
  /** CPU time of one process that nobody asks, milliseconds a second. */
  restingMillis: PerService;
  /** Of one process. */
  memoryMiB: PerService;
  databaseConnections: Record<'user' | 'auth', number>;
  grpcConnections: Record<'user' | 'auth', number>;
  keyFetches: number;
  /** Of the calls, times the number of replicas. */
  leastShare: number;
  mostShare: number;
  spreadMs: number;
}

const services: readonly Service[] = ['gateway', 'user', 'auth'];
const list = (values: Partial<PerService>) => services.flatMap((service) => values[service] ?? []).join(', ');

/** The lines of the section: how it was measured, and a column for each number of replicas. */
export function toReplicaLines(runs: readonly ReplicaRun[]): string[] {
  const row = (title: string, read: (run: ReplicaRun) => string | number) => `| ${title} | ${runs.map(read).join(' | ')} |`;
  const { rounds, asked, refreshed, restMs } = runs[0]!;
  return [
    `So many processes of each of the three services on one machine, beside one process of each, before one PostgreSQL. 16 callers go round the gateways: for each replica ${asked} times \`GET /v1/users/me\` and ${refreshed} times \`POST /v1/auth/refresh\`, and the same of the single ones, in turns, ${rounds} rounds, after a warm-up; then ${restMs / 1000} s of rest. CPU time is the processes' own count and grows with what else the machine does; the ratios, formed within each round, do less. Medians of the rounds.`,
    '',
    '![What so many replicas cost](figures/replicas.svg)',
    '',
    row('replicas of each', ({ count }) => count),
    `| --- |${' --- |'.repeat(runs.length)}`,
    row('CPU a `me`, µs: gateway, user, auth', ({ askedMicros }) => list(askedMicros)),
    row('CPU a refresh, µs: gateway, user, auth', ({ refreshedMicros }) => list(refreshedMicros)),
    row('CPU a `me`, times that of one replica of each', ({ askedRatio }) => `${askedRatio} ×`),
    row('CPU a refresh, times that of one replica of each', ({ refreshedRatio }) => `${refreshedRatio} ×`),
    row('CPU of a process at rest, ms a second: gateway, user, auth', ({ restingMillis }) => list(restingMillis)),
    row('memory of a process, MiB: gateway, user, auth', ({ memoryMiB }) => list(memoryMiB)),
    row('connections to PostgreSQL: user, auth', ({ databaseConnections }) => list(databaseConnections)),
    row('gRPC connections: to user, to auth', ({ grpcConnections }) => list(grpcConnections)),
    row('fetches of keys', ({ keyFetches }) => keyFetches),
    row('share of a replica of `user`, of what is fair: least, most', ({ leastShare, mostShare }) => `${leastShare}, ${mostShare}`),
    row('until every gateway asks a replica that is new, ms', ({ spreadMs }) => spreadMs),
    row('load of the machine as it began', ({ load }) => load),
  ];
}

const colors: Record<string, string> = { gateway: '#2563eb', user: '#0d9488', auth: '#d97706', text: '#334155', faint: '#cbd5e1' };
const panelWidth = 190;
const plotHeight = 150;
const top = 70;

/** Who needs what of the CPU time, in percent of what one replica of each needs together. */
const toShares = (micros: PerService, ratio: number): PerService => {
  const total = services.reduce((sum, service) => sum + micros[service], 0);
  return Object.fromEntries(services.map((service) => [service, (100 * ratio * micros[service]) / total])) as PerService;
};

/** The SVG text: what is the same for each number of replicas, and what grows. */
export function toReplicaFigure(runs: readonly ReplicaRun[]): string {
  const panels: readonly (readonly [string, (run: ReplicaRun) => Partial<PerService>])[] = [
    ['CPU a me, % of one replica’s', ({ askedMicros, askedRatio }) => toShares(askedMicros, askedRatio)],
    ['CPU a refresh, % of one’s', ({ refreshedMicros, refreshedRatio }) => toShares(refreshedMicros, refreshedRatio)],
    ['connections to PostgreSQL', ({ databaseConnections }) => databaseConnections],
    ['gRPC connections', ({ grpcConnections }) => grpcConnections],
  ];
  const width = panels.length * panelWidth;
  const height = top + plotHeight + 48;
  const legend = services.map(
    (service, index) =>
      `<rect x="${16 + index * 80}" y="34" width="10" height="10" fill="${colors[service]}"/><text x="${31 + index * 80}" y="43" font-size="12">${service}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="${colors['text']}">`,
    '<title>What so many replicas cost</title>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="16" y="22" font-size="15" font-weight="600">${runs.map(({ count }) => count).join(', ')} replicas of each service, on one machine</text>`,
    ...legend,
    ...panels.map(([title, read], index) => toPanel(title, runs, read, index * panelWidth)),
    '</svg>',
    '',
  ].join('\n');
}

function toPanel(title: string, runs: readonly ReplicaRun[], read: (run: ReplicaRun) => Partial<PerService>, left: number): string {
  const totalOf = (run: ReplicaRun) => Object.values(read(run)).reduce((one, other) => one + other, 0);
  const most = Math.max(...runs.map(totalOf));
  const step = (panelWidth - 32) / runs.length;
  const bottom = top + plotHeight;
  const bars = runs.map((run, index) => {
    const x = round(left + 16 + index * step + step * 0.15);
    let y = bottom;
    const parts = services.flatMap((service) => {
      const height = round(((read(run)[service] ?? 0) / most) * (plotHeight - 18));
      y = round(y - height);
      return height ? [`<rect x="${x}" y="${y}" width="${round(step * 0.7)}" height="${height}" fill="${colors[service]}"/>`] : [];
    });
    const middle = round(x + step * 0.35);
    return [
      ...parts,
      `<text x="${middle}" y="${round(y - 4)}" text-anchor="middle" font-size="11">${Math.round(totalOf(run))}</text>`,
      `<text x="${middle}" y="${bottom + 15}" text-anchor="middle" font-size="11">${run.count}</text>`,
    ].join('');
  });
  return [
    ...bars,
    `<path d="M${left + 16} ${bottom}H${left + panelWidth - 16}" stroke="${colors['faint']}"/>`,
    `<text x="${left + panelWidth / 2}" y="${bottom + 36}" text-anchor="middle" font-size="12">${title}</text>`,
  ].join('\n');
}

const round = (value: number) => Math.round(value * 10) / 10;
