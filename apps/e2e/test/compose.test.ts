import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { composeServices, createInstallation } from './support/compose';
import { startProcess } from './support/service-process';
import { keepers, services } from './support/settings';

const installation = createInstallation();
afterAll(() => installation.remove());

const filesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
const readAll = (folder: string) => Object.fromEntries(filesOf(folder).map((file) => [file, readFileSync(file, 'utf8')]));

describe('the first start', () => {
  it('makes certificates, passwords and keys, each for the owner alone, and says none of them', () => {
    const said = (['certificates', 'secrets'] as const).map((name) => installation.runJob(name));
    expect(said.map(({ status, stderr }) => [status, stderr])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    const secrets = readAll(installation.volumes.secrets!);
    // of each database three, and five beside
    const count = 3 * keepers.length + 5;
    expect(Object.keys(secrets)).toHaveLength(count);
    expect(new Set(Object.values(secrets)).size).toBe(count);
    for (const [file, text] of Object.entries(secrets)) {
      expect([file, statSync(file).mode & 0o777]).toEqual([file, 0o600]);
      expect(said.map(({ stdout }) => stdout).join()).not.toContain(text.trim());
    }
  });

  it('done again, leaves the secrets as they are, and makes those that are missing', () => {
    const before = readAll(installation.volumes.secrets!);
    const lost = join(installation.volumes.secrets!, 'grafana', 'password');
    rmSync(lost);
    expect(installation.runJob('secrets').status).toBe(0);
    const { [lost]: made, ...kept } = readAll(installation.volumes.secrets!);
    expect({ ...kept, [lost]: before[lost] }).toEqual(before);
    expect(made).not.toBe(before[lost]);
  });

  it('takes no empty file for a password, and says which it is', () => {
    const file = join(installation.volumes.secrets!, 'postgres', 'user-password');
    const before = readFileSync(file);
    writeFileSync(file, '');
    expect(installation.runJob('secrets')).toMatchObject({ status: 1, stderr: expect.stringMatching(/^make-secrets: .*user-password is empty: remove it/) });
    writeFileSync(file, before);
    expect(installation.runJob('secrets').status).toBe(0);
  });

  it('gives the database of each service the password that the service has', () => {
    for (const { name: service } of keepers) {
      const url = new URL(readFileSync(join(installation.volumes.secrets!, service, 'database-url'), 'utf8').trim());
      expect(url.password).toBe(readFileSync(join(installation.volumes.secrets!, 'postgres', `${service}-password`), 'utf8').trim());
      expect([url.hostname, url.searchParams.get('sslmode')]).toEqual(['postgres', 'verify-full']);
      // what the URL names is what the container has
      for (const name of ['sslrootcert', 'sslcert', 'sslkey']) expect(statSync(installation.toLocal(service, url.searchParams.get(name)!)).isFile()).toBe(true);
    }
  });
});

/** Each container of ours, with what it runs; of those that serve the probe too. */
const commands = Object.entries(composeServices).flatMap(([name, { image, command, healthcheck }]) => {
  const app = services.find((service) => image === `gatehouse/${service}:dev`);
  return app ? [...command, ...(healthcheck?.test.slice(3) ?? [])].map((each) => [name, each, app] as const) : [];
});

it.each(commands)('%s of compose.yaml is a configuration that its command %s can run with, by what the first start made', async (name, command, app) => {
  const started = startProcess(app, installation.environmentOf(name), [command, '--check-config']);
  const [{ code }] = await Promise.all([started.exited, new Promise((resolve) => started.child.once('close', resolve))]);
  expect({ code, stderr: started.stderr(), stdout: started.lines.map(({ body }) => body) }).toEqual({
    code: 0,
    stderr: '',
    stdout: [`the configuration is valid for ${command}`],
  });
});
