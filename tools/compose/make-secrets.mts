// Makes the passwords and keys of the installation of docker/compose.yaml, each a file, once: what is there stays as it is.
// `--service` names each service with a database.
//   node make-secrets.mts --out /secrets --service user --service auth
import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const { out, service: services } = parseArgs({ options: { out: { type: 'string' }, service: { type: 'string', multiple: true, default: [] } } }).values;
if (!out) throw new Error('--out is missing: the folder to write to');
if (!services.length) throw new Error('--service is missing: the services with a database');

/**
 * The text of a file, which is made where there is none; of two that make it at once, one does.
 * @throws Error where it is empty: a password that is none admits everybody
 */
async function keep(name: string, made: string): Promise<string> {
  const path = join(out!, name);
  const aside = `${path}.${randomUUID()}`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(aside, `${made}\n`, { mode: 0o600, flush: true });
    await link(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(aside, { force: true });
  }
  const text = (await readFile(path, 'utf8')).trimEnd();
  if (!text) throw new Error(`${path} is empty: remove it, and one is made`);
  return text;
}

const password = () => randomBytes(24).toString('base64url');
const certificates = '/certificates';
const tls = new URLSearchParams({
  sslmode: 'verify-full',
  sslrootcert: `${certificates}/ca.crt`,
  sslcert: `${certificates}/tls.crt`,
  sslkey: `${certificates}/tls.key`,
});

async function makeAll(): Promise<void> {
  await keep('postgres/password', password());
  for (const service of services) {
    const databasePassword = await keep(`postgres/${service}-password`, password());
    // the path of what each container has as its own
    await keep(
      `${service}/database-url`,
      `postgresql://gatehouse_${service}:${databasePassword}@postgres:5432/gatehouse_${service}?${decodeURIComponent(tls.toString())}`,
    );
    await keep(`${service}/secret-key`, randomBytes(32).toString('base64'));
  }
  const limitsPassword = (await keep('valkey/valkey.conf', `requirepass ${password()}`)).replace(/^requirepass /, '');
  await keep('gateway/redis-url', `redis://:${limitsPassword}@valkey:6379`);
  await keep('administrator/password', password());
  await keep('grafana/password', password());
  console.log(`${out}: passwords and keys are there`);
}

await makeAll().catch((error: Error) => {
  console.error(`make-secrets: ${error.message}`);
  process.exitCode = 1;
});
