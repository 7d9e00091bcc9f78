import { readServices } from '#services';
import { execFile, spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';

const command = resolve(__dirname, '../src/main.mts');
const run = (...args: string[]) => spawnSync(process.execPath, [command, 'certs', ...args], { encoding: 'utf8' });
const services = [...readServices(resolve(__dirname, '../../..')).map(({ name }) => name), 'postgres'].sort();

let out: string;
beforeEach(() => (out = mkdtempSync(join(tmpdir(), 'gatehouse-certs-'))));
afterEach(() => rmSync(out, { recursive: true, force: true }));

const read = (name: string, file: string, folder = out) => readFileSync(join(folder, name, file), 'utf8');
const certificateOf = (name: string, folder = out) => new X509Certificate(read(name, 'tls.crt', folder));
const pairOf = (name: string) => ({ cert: read(name, 'tls.crt'), key: read(name, 'tls.key'), ca: read(name, 'ca.crt') });
/** Whether a folder's key, certificate and authority belong together. */
const isWhole = (name: string) =>
  certificateOf(name).checkPrivateKey(createPrivateKey(read(name, 'tls.key'))) &&
  certificateOf(name).verify(new X509Certificate(read(name, 'ca.crt')).publicKey);
const days = (from: Date, to: Date) => Math.round((to.getTime() - from.getTime()) / 86_400_000);

it('makes an authority, and a pair for each service in the shape of cert-manager, with keys for their owner alone', () => {
  const { status, stdout } = run('--out', out, '--days', '7');
  expect([status, stdout.split('\n')]).toEqual([
    0,
    expect.arrayContaining([expect.stringMatching(/user: tls\.crt, tls\.key, ca\.crt, until \d{4}-\d\d-\d\d$/)]),
  ]);
  expect(readdirSync(out).sort()).toEqual([...services, 'ca'].sort());
  const authority = certificateOf('ca');
  expect(authority.ca).toBe(true);
  for (const name of services) {
    const certificate = certificateOf(name);
    expect([certificate.ca, certificate.subject, isWhole(name), certificate.checkIssued(authority)]).toEqual([false, `CN=${name}`, true, true]);
    expect(certificate.subjectAltName).toBe(`DNS:${name}, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1`);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(createPrivateKey(read(name, 'tls.key')).asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(days(new Date(), certificate.validToDate)).toBe(7);
    expect(read(name, 'ca.crt')).toBe(read('ca', 'tls.crt'));
  }
  for (const name of [...services, 'ca']) expect(statSync(join(out, name, 'tls.key')).mode & 0o777).toBe(0o600);
});

it('renews the pairs when it is run again, keeps the authority, and leaves nothing of the old', () => {
  run('--out', out);
  const [authority, user] = [certificateOf('ca'), certificateOf('user')];
  expect(run('--out', out).status).toBe(0);
  expect(certificateOf('ca').serialNumber).toBe(authority.serialNumber);
  expect(certificateOf('user').serialNumber).not.toBe(user.serialNumber);
  expect(certificateOf('user').publicKey.equals(user.publicKey)).toBe(false);
  expect(isWhole('user')).toBe(true);
});

it('makes a new authority where the one that is there would end before the pairs', () => {
  run('--out', out, '--days', '1');
  const before = certificateOf('ca').serialNumber;
  // that one was made for ten years
  expect(run('--out', out, '--days', '3650').status).toBe(0);
  expect(certificateOf('ca').serialNumber).not.toBe(before);
  expect(services.map((name) => [name, isWhole(name), read(name, 'ca.crt') === read('ca', 'tls.crt')])).toEqual(services.map((name) => [name, true, true]));
  expect(certificateOf('ca').validToDate > certificateOf('user').validToDate).toBe(true);
});

it('takes names of its caller, and further names for a certificate', () => {
  expect(
    run('--out', out, '--name', 'edge', '--san', 'edge=spiffe://gatehouse.example/edge', '--san', 'edge=id.example', '--san', 'edge=192.0.2.7').status,
  ).toBe(0);
  expect(readdirSync(out).sort()).toEqual(['ca', 'edge']);
  expect(certificateOf('edge').subjectAltName).toMatch(/URI:spiffe:\/\/gatehouse\.example\/edge, DNS:id\.example, IP Address:192\.0\.2\.7$/);
});

it('its pairs know each other by TLS on both sides, and nobody who has a pair of another authority', async () => {
  run('--out', out);
  const elsewhere = join(out, 'user', '..elsewhere');
  run('--out', elsewhere);
  const server = createServer({ ...pairOf('user'), requestCert: true, rejectUnauthorized: true }, (socket: TLSSocket) =>
    socket.end(socket.getPeerX509Certificate()?.subjectAltName ?? 'nobody'),
  );
  let refused = 0;
  server.on('tlsClientError', () => refused++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const call = async (pair: object) => {
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', servername: 'user', ...pair });
    return (await socket.toArray()).join('');
  };
  try {
    expect(await call(pairOf('gateway'))).toMatch(/^DNS:gateway, /);
    const foreign = { cert: read('gateway', 'tls.crt', elsewhere), key: read('gateway', 'tls.key', elsewhere) };
    expect(await call({ ...foreign, ca: pairOf('gateway').ca }).catch(() => '')).toBe('');
    expect(refused).toBe(1);
    await expect(call({ ...pairOf('gateway'), ca: read('gateway', 'ca.crt', elsewhere) })).rejects.toThrow(/verify|self-signed|unable/i);
  } finally {
    server.close();
  }
});

it('several at once leave one authority, whole pairs, and readers that never see a half', async () => {
  let reading = true;
  const halves: string[] = [];
  const readers = (async () => {
    while (reading) {
      await new Promise(setImmediate);
      for (const name of services) {
        let folder: string;
        try {
          folder = realpathSync(join(out, name, '..data'));
        } catch {
          continue;
        }
        const certificate = new X509Certificate(readFileSync(join(folder, 'tls.crt')));
        if (!certificate.checkPrivateKey(createPrivateKey(readFileSync(join(folder, 'tls.key'))))) halves.push(folder);
      }
    }
  })();
  const authorities = new Set<string>();
  for (let round = 0; round < 2; round++) {
    await Promise.all(Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, [command, 'certs', '--out', out])));
    authorities.add(certificateOf('ca').serialNumber);
  }
  reading = false;
  await readers;
  expect(halves).toEqual([]);
  expect(authorities.size).toBe(1);
  expect(services.map((name) => [name, isWhole(name), read(name, 'ca.crt') === read('ca', 'tls.crt')])).toEqual(services.map((name) => [name, true, true]));
});

describe('what it refuses', () => {
  const refusal = (...args: string[]) => {
    const { status, stderr, stdout } = run(...args);
    expect([status, stdout, stderr.split('\n')]).toEqual([4, '', [expect.stringMatching(/^gatehouse certs: /), '']]);
    return stderr;
  };

  it('is a folder that holds something else, which stays as it is', () => {
    writeFileSync(join(out, 'notes.txt'), 'mine');
    expect(refusal('--out', out)).toContain(`${out} holds notes.txt, which this command has not written: choose an empty folder`);
    rmSync(join(out, 'notes.txt'));
    mkdirSync(join(out, 'ca'));
    writeFileSync(join(out, 'ca', 'tls.key'), 'the key of another authority');
    expect(refusal('--out', out)).toContain('holds ca/tls.key');
    expect(read('ca', 'tls.key')).toBe('the key of another authority');
    expect(readdirSync(out)).toEqual(['ca']);
  });

  it('is a folder that it cannot write to', () => {
    const file = join(out, 'file');
    writeFileSync(file, '');
    expect(refusal('--out', file)).toContain(`cannot write to ${file} (EEXIST): it is no folder`);
    expect(refusal('--out', join(file, 'below'))).toContain('(ENOTDIR): what stands above it is no folder');
    // where root may write everywhere, the kernel's own files are left
    chmodSync(out, 0o555);
    const closed = process.getuid?.() === 0 ? '/sys/gatehouse' : join(out, 'new');
    expect(refusal('--out', closed)).toMatch(
      new RegExp(`cannot write to ${closed} \\((EACCES|EPERM|EROFS)\\): (choose a folder that you may write to|its file system is read-only)`),
    );
    chmodSync(out, 0o755);
  });

  it('is an authority that is damaged, by where it lies', () => {
    run('--out', out);
    writeFileSync(join(out, 'ca', 'tls.key'), read('user', 'tls.key'));
    expect(refusal('--out', out)).toContain(
      `${join(out, 'ca')} holds no authority that can be used (tls.crt and tls.key must be a pair in PEM): move the folder away to have a new one made`,
    );
    rmSync(realpathSync(join(out, 'ca', '..data')), { recursive: true });
    expect(refusal('--out', out)).toContain(`${join(out, 'ca')} points at files that are gone: move the folder away to have new ones made`);
    rmSync(join(out, 'ca'), { recursive: true });
    rmSync(realpathSync(join(out, 'user', '..data')), { recursive: true });
    expect(run('--out', out).status).toBe(0);
    expect(isWhole('user')).toBe(true);
  });

  it.each([
    [[], "required option '--out <folder>' not specified"],
    [['--out', '/tmp/x', '--days', '0'], '--days 0: must be a whole number from 1 to 3650'],
    [['--out', '/tmp/x', '--days', '1.5'], '--days 1.5: must be'],
    [['--out', '/tmp/x', '--name', '../up'], '--name ../up: must be a name of DNS in small letters'],
    [['--out', '/tmp/x', '--name', 'ca'], 'not ca, where the authority lies'],
    [['--out', '/tmp/x', '--san', 'nobody=a.example'], '--san nobody=a.example: must be <name>=<value>, with a name of gateway, user, auth, postgres'],
    [['--out', '/tmp/x', '--san', 'user=no name'], 'is neither a DNS name in small letters, nor an IP address, nor a URI'],
    [['--out', '/tmp/x', '--san', 'user=spiffe://exämple/user'], 'is neither a DNS name in small letters, nor an IP address, nor a URI'],
    [['--out', '/tmp/x', '--dais', '3'], "unknown option '--dais' (Did you mean --days?)"],
  ])('is what cannot be meant: %j', (args, sentence) => {
    const { status, stderr } = run(...args);
    expect([status, stderr.split('\n')]).toEqual([2, [expect.stringContaining(sentence), '']]);
  });
});
