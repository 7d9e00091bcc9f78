import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './support/free-port';
import { until } from './support/service-process';
import { toUpstreams } from './support/settings';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse unread '));
const file = join(folder, 'lines');
const children: ChildProcess[] = [];
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
afterAll(() => {
  agent.destroy();
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const MiB = 1 << 20;
// lines of about 600 bytes: three times what the gateway and the pipe hold
const size = { calls: 6_000, failures: 12 };

/** The gateway with a process that reads its lines into a file. Nothing stands behind it. */
async function start() {
  const reader = spawn(process.execPath, ['-e', `process.stdin.pipe(require('node:fs').createWriteStream(${JSON.stringify(file)}))`], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const [http, admin, nobody] = (await Promise.all([freePort(), freePort(), freePort()])) as [number, number, number];
  const upstreams = toUpstreams(() => `127.0.0.1:${nobody}`);
  const gateway = spawn(process.execPath, [`${__dirname}/../../../dist/apps/gateway/main.cjs`], {
    env: {
      PATH: process.env.PATH ?? '',
      GATEWAY_HTTP_PORT: String(http),
      GATEWAY_ADMIN_PORT: String(admin),
      GATEWAY_UPSTREAMS: upstreams,
      RATE_LIMIT_ENABLED: 'false',
    },
    stdio: ['ignore', reader.stdin, 'inherit'],
  });
  // the gateway has the only end to write to
  reader.stdin.destroy();
  children.push(reader, gateway);
  const url = `http://127.0.0.1:${http}`;
  await until('the gateway answers', () =>
    fetch(`${url}/healthz`).then(
      () => true,
      () => false,
    ),
  );
  const readDropped = async () => Number(/^log_dropped_total (\d+)$/m.exec(await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text())![1]);
  return { reader, gateway, url, readDropped };
}

const ask = (url: string, id: string, headers: Record<string, string> = {}) =>
  new Promise<number>((resolve, reject) =>
    get(url, { agent, headers: { 'x-request-id': id, ...headers } }, (answer) => answer.resume().once('end', () => resolve(answer.statusCode!))).once(
      'error',
      reject,
    ),
  );

const readLines = (): Record<string, unknown>[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line));

it('a reader that stands still holds up no request; what waits for it is bounded, what is dropped is counted, and warnings are kept', async () => {
  const { reader, gateway, url, readDropped } = await start();
  reader.kill('SIGSTOP');
  // each request has a line of its own, which tells it apart
  const toId = (kind: string, index: number) => `${kind}.${index}.`.padEnd(128, 'x');
  const statuses: number[] = [];
  const callers = Array.from({ length: 16 }, async (_, caller) => {
    for (let index = caller; index < size.calls; index += 16) statuses.push(await ask(`${url}/v1/users/me`, toId('call', index)));
  });
  await Promise.all(callers);
  expect(statuses).toEqual(Array(size.calls).fill(401));
  const dropped = await readDropped();
  expect(dropped).toBeGreaterThan(0);

  const failures = await Promise.all(
    Array.from({ length: size.failures }, (_, index) => ask(`${url}/.well-known/jwks.json`, toId('failure', index), { 'x-request-timeout': '0.5' })),
  );
  expect(new Set(failures)).toEqual(new Set([failures[0]]));
  expect(failures[0]).toBeGreaterThanOrEqual(500);

  reader.kill('SIGCONT');
  gateway.kill('SIGTERM');
  await once(reader, 'exit');
  const lines = readLines();
  const of = (kind: string) => lines.filter((line) => String(line['request_id']).startsWith(`${kind}.`));
  expect(of('failure').map((line) => line['severity_text'])).toEqual(Array(size.failures).fill('WARN'));
  expect(of('call').length + dropped).toBe(size.calls);
  expect(of('call').length).toBeLessThan(size.calls);
  // what the kernel holds is its own affair, and less than a MiB
  expect(JSON.stringify(of('call')).length).toBeLessThan(2 * MiB);
}, 180_000);
