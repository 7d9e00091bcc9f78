import { type PostgresServer, withClient } from '@gatehouse/postgres-server';
import { chmodSync, chownSync, copyFileSync, statSync, writeFileSync } from 'node:fs';
import { run } from './command';
import { apps } from './settings';

// as docker/Dockerfile has it
const owner = '10001:10001';
const names = [...apps, 'postgres'];

/** Makes an authority in a folder, and in it for each service and PostgreSQL a folder that its container may read. */
export async function makeCertificates(folder: string): Promise<void> {
  await run('node', ['apps/cli/src/main.mts', 'certs', '--out', folder, ...names.flatMap((name) => ['--name', name])]);
  chmodSync(folder, 0o711);
  for (const name of names) await run('chown', ['-R', owner, `${folder}/${name}`]);
}

/** Has a server show its certificate, and admit nobody from outside without one of the authority. */
export async function demandCertificates(postgres: PostgresServer, folder: string): Promise<void> {
  await withClient(postgres.url, async (client) => {
    const { data_directory: data, hba_file: rules } = (
      await client.query("select current_setting('data_directory') as data_directory, current_setting('hba_file') as hba_file")
    ).rows[0];
    const { uid, gid } = statSync(data);
    for (const file of ['tls.crt', 'tls.key', 'ca.crt']) {
      copyFileSync(`${folder}/postgres/${file}`, `${data}/${file}`);
      chownSync(`${data}/${file}`, uid, gid);
    }
    writeFileSync(rules, 'host all postgres all scram-sha-256\nhostssl all all all scram-sha-256 clientcert=verify-ca\n');
    for (const [setting, value] of Object.entries({ ssl_cert_file: 'tls.crt', ssl_key_file: 'tls.key', ssl_ca_file: 'ca.crt', ssl: 'on' }))
      await client.query(`alter system set ${setting} = '${value}'`);
    await client.query('select pg_reload_conf()');
    while ((await client.query('show ssl')).rows[0].ssl !== 'on') await new Promise((resolve) => setTimeout(resolve, 20));
  });
}
