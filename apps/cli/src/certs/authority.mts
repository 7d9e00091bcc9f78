import 'reflect-metadata'; // asked for by what @peculiar/x509 is made with
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { createPrivateKey, type webcrypto, X509Certificate } from 'node:crypto';
import { CommandError, exitCodes } from '../command-error.mts';
import { readPublished } from './folder.mts';

/** Who signs. */
export interface Authority {
  /** PEM */
  readonly certificate: string;
  /** PKCS #8 in PEM */
  readonly key: string;
  readonly notAfter: Date;
}

export const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** Clocks differ: what is made is valid since a little while. */
export const validSince = () => new Date(Date.now() - 300_000);

/** An authority that signs leaves alone (RFC 5280 §4.2.1.9, a path of length 0). */
export async function makeAuthority(notAfter: Date): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Gatehouse development authority',
    keys,
    notBefore: validSince(),
    notAfter,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: await toKeyPem(keys.privateKey), notAfter };
}

/**
 * The authority that a folder holds, if one does.
 * @throws CommandError for one that cannot be read, or whose key is another's
 */
export async function findAuthority(folder: string): Promise<Authority | undefined> {
  const [certificate, key] = await readPublished(folder, ['tls.crt', 'tls.key']);
  if (certificate === undefined && key === undefined) return undefined;
  try {
    const parsed = new X509Certificate(certificate ?? '');
    if (!parsed.ca || !parsed.checkPrivateKey(createPrivateKey(key ?? ''))) throw new Error('the key is not the one of the certificate');
    return { certificate: certificate!, key: key!, notAfter: parsed.validToDate };
  } catch (cause) {
    throw new CommandError(
      `${folder} holds no authority that can be used (tls.crt and tls.key must be a pair in PEM): move the folder away to have a new one made`,
      { exitCode: exitCodes.file, cause },
    );
  }
}

/** PKCS #8 in PEM. */
export const toKeyPem = async (key: webcrypto.CryptoKey) => `${PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
