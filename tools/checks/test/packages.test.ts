import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const workspace = resolve(__dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'packages '));
const write = (file: string, value: unknown) => writeFileSync(join(folder, file), JSON.stringify(value));
beforeAll(() => mkdirSync(join(folder, 'tools/checks'), { recursive: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Locks a workspace that ships `brings`, which brings `brought` by a licence, or nothing of the kind. */
function lock(license: string | undefined, brought: object = {}) {
  const root = { name: 'shop', version: '1.0.0', dependencies: { brings: '1.0.0' } };
  write('package.json', root);
  write('package-lock.json', {
    ...root,
    lockfileVersion: 3,
    packages: {
      '': root,
      'node_modules/brings': { version: '1.0.0', license: 'MIT', dependencies: { brought: '2.0.0' } },
      'node_modules/brings/node_modules/brought': { version: '2.0.0', ...(license && { license }), ...brought },
    },
  });
}

describe('a package that is shipped', () => {
  const judge = () => spawnSync(process.execPath, [join(workspace, 'tools/checks/licences.mts')], { cwd: folder, encoding: 'utf8' });

  it.each([['MIT'], ['(MIT OR GPL-3.0-only)'], ['(Apache-2.0 AND BSD-3-Clause)']])('may have the licence %s', (license) => {
    lock(license);
    expect(judge()).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([['GPL-3.0-only'], ['(MIT AND GPL-3.0-only)'], ['SEE LICENSE IN LICENSE.txt'], [undefined]])('is refused with the licence %s', (license) => {
    lock(license);
    const { status, stderr } = judge();
    expect(status).toBe(1);
    expect(stderr).toContain(`brought@2.0.0 (${license ?? 'no licence'}) in node_modules/brings/node_modules/brought, brought by brings\n`);
    expect(stderr).toContain('choose another package, or, after reading its licence, list');
  });

  it('may have any licence where it is there for development alone', () => {
    lock('GPL-3.0-only', { dev: true });
    expect(judge()).toMatchObject({ status: 0 });
  });
});

it('a lock file that lacks what a package may need on another machine is refused, with the package and the next step', () => {
  const judge = () => spawnSync(process.execPath, [join(workspace, 'tools/checks/lock-file.mts')], { cwd: folder, encoding: 'utf8' });
  lock('MIT');
  expect(judge()).toMatchObject({ status: 0, stderr: '' });
  lock('MIT', { optionalDependencies: { 'brought-linux-arm64': '2.0.0' } });
  const { status, stderr } = judge();
  expect(status).toBe(1);
  expect(stderr).toContain('package-lock.json has gaps: pin another version of the dependent');
  expect(stderr).toContain('node_modules/brings/node_modules/brought names brought-linux-arm64, which is not locked');
});

describe('a vulnerability', () => {
  const ghsa = 'GHSA-aaaa-bbbb-cccc';
  let registry: Server;
  let severity: string;
  let isAway: boolean;
  beforeAll((done) => {
    registry = createServer((request, response) => {
      if (isAway) return response.writeHead(405).end();
      const advisory = { id: 1, url: `https://github.com/advisories/${ghsa}`, title: 'it gives itself away', severity, vulnerable_versions: '<3.0.0' };
      response.setHeader('content-type', 'application/json');
      if (request.url?.includes('/advisories/bulk')) return response.end(JSON.stringify({ brought: [advisory] }));
      const name = request.url!.slice(1);
      const dependencies = name === 'brings' ? { brought: '2.0.0' } : {};
      return response.end(JSON.stringify({ name, 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': { name, version: '1.0.0', dependencies } } }));
    }).listen(0, '127.0.0.1', done);
  });
  afterAll((done) => void registry.close(done));
  beforeEach(() => {
    [severity, isAway] = ['high', false];
    lock('MIT');
    write('tools/checks/audit-exceptions.json', []);
  });

  const audit = () =>
    new Promise<{ status: unknown; said: string }>((done) => {
      const { port } = registry.address() as AddressInfo;
      const env = {
        ...process.env,
        npm_config_registry: `http://127.0.0.1:${port}`,
        npm_config_cache: mkdtempSync(join(folder, 'cache-')),
        npm_config_fetch_retries: '0',
      };
      execFile(process.execPath, [join(workspace, 'tools/checks/audit.mts')], { cwd: folder, env }, (error, stdout) =>
        done({ status: error?.code ?? 0, said: stdout }),
      );
    });

  it('of what is shipped is refused with its package, its place and the next step', async () => {
    const { status, said } = await audit();
    expect(said).toMatch(
      /^brought <3\.0\.0 \(node_modules\/brings\/node_modules\/brought\): high, it gives itself away, .*GHSA-aaaa-bbbb-cccc; no version mends it yet: .*audit-exceptions\.json/,
    );
    expect(status).toBe(1);
  });

  it('of moderate severity is not', async () => {
    severity = 'moderate';
    expect(await audit()).toMatchObject({ status: 0, said: expect.stringContaining('no known vulnerability of high or critical severity') });
  });

  it('that is listed with a reason is let pass until its day', async () => {
    write('tools/checks/audit-exceptions.json', [{ advisory: ghsa, reason: 'we never call it', expires: '2999-01-01' }]);
    expect(await audit()).toMatchObject({ status: 0 });
    write('tools/checks/audit-exceptions.json', [{ advisory: ghsa, reason: 'we never call it', expires: '2020-01-01' }]);
    expect(await audit()).toMatchObject({ status: 1, said: expect.stringContaining('held until 2020-01-01: look again') });
  });

  it('is not looked for where the registry tells of none, which is said and fails nothing', async () => {
    isAway = true;
    expect(await audit()).toEqual({ status: 0, said: expect.stringMatching(/^the registry tells of no vulnerabilities \(405 .*\): nothing was looked at\n$/) });
  });
});

it('the exceptions of the audit say each which advisory, why, and until when', () => {
  for (const exception of JSON.parse(readFileSync(join(workspace, 'tools/checks/audit-exceptions.json'), 'utf8')))
    expect(exception).toEqual({
      advisory: expect.stringMatching(/^GHSA(-\w{4}){3}$/),
      reason: expect.stringMatching(/.{10,}/),
      expires: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
    });
});
