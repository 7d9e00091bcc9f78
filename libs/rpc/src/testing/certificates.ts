// what makes certificates needs it
import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;

/** Certificate and key as PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** Days from now. */
export interface Validity {
  readonly fromDays?: number;
  readonly untilDays?: number;
}

/** What a certificate is for, where it says so. */
export interface Issuance extends Validity {
  readonly usages?: readonly ('serverAuth' | 'clientAuth')[];
}

/** A CA for one test. */
export interface TestAuthority {
  /** Its own certificate as PEM. */
  readonly cert: string;
  /** Issues a certificate, with a key of its own, for these names: DNS names, IP addresses, or URIs. */
  issue(names: readonly string[], issuance?: Issuance): Promise<Issued>;
}

const toGeneralName = (value: string): JsonGeneralName => ({
  type: value.includes('://') ? 'url' : /^[\d.]+$|^[\da-f:]*:[\da-f:]+$/.test(value) ? 'ip' : 'dns',
  value,
});
const toPeriod = ({ fromDays = -1, untilDays = 1 }: Validity) => ({
  notBefore: new Date(Date.now() + fromDays * dayMs),
  notAfter: new Date(Date.now() + untilDays * dayMs),
});
const makeKeys = () => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
const serialNumber = () => `01${randomBytes(15).toString('hex')}`;

/** Makes a CA, or what its certificate says is none. */
export async function createTestAuthority(
  name = 'Gatehouse test CA',
  { isAuthority = true, ...validity }: Validity & { readonly isAuthority?: boolean } = {},
): Promise<TestAuthority> {
  const keys = await makeKeys();
  const root: X509Certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${name} ${randomBytes(4).toString('hex')}`,
    ...toPeriod(validity),
    keys,
    signingAlgorithm: algorithm,
    extensions: isAuthority
      ? [new BasicConstraintsExtension(true, 0, true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true)]
      : [new BasicConstraintsExtension(false, undefined, true)],
  });
  return {
    cert: root.toString('pem'),
    async issue(names, { usages, ...period } = {}) {
      const { publicKey, privateKey } = await makeKeys();
      const certificate = await X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        // a common name that would admit to everything, if anybody asked it
        subject: 'CN=gateway',
        issuer: root.subject,
        ...toPeriod(period),
        publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        extensions: [
          new SubjectAlternativeNameExtension(names.map(toGeneralName)),
          ...(usages ? [new ExtendedKeyUsageExtension(usages.map((usage) => ExtendedKeyUsage[usage]))] : []),
        ],
      });
      return { cert: certificate.toString('pem'), key: PemConverter.encode(await crypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY') };
    },
  };
}

/** Writes certificate, key and CAs into a folder, each replaced at once, and gives their paths under the settings of mutual TLS. */
export function writeCertificates(folder: string, { cert, key }: Issued, ...authorities: readonly Pick<TestAuthority, 'cert'>[]) {
  mkdirSync(folder, { recursive: true });
  const put = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
    return path;
  };
  return {
    MTLS_CERT_FILE: put('tls.crt', cert),
    MTLS_KEY_FILE: put('tls.key', key),
    MTLS_CA_FILE: put('ca.crt', authorities.map((authority) => authority.cert).join('\n')),
  };
}
