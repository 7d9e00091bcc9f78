import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { algorithm, type Authority, toKeyPem, validSince } from './authority.mts';

/** Whom a certificate is for (RFC 5280 §4.2.1.6). */
export interface San {
  readonly type: 'dns' | 'ip' | 'url';
  readonly value: string;
}

/** A certificate for both sides of TLS, and its key, as PEM under the names that cert-manager gives them. */
export async function issue(authority: Authority, name: string, sans: readonly San[], notAfter: Date): Promise<{ 'tls.crt': string; 'tls.key': string }> {
  const signer = new X509Certificate(authority.certificate);
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: signer.subject,
    notBefore: validSince(),
    notAfter,
    publicKey: keys.publicKey,
    signingKey: await crypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(authority.key), algorithm, false, ['sign']),
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension([...sans]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(signer.publicKey),
    ],
  });
  return { 'tls.crt': `${certificate.toString('pem')}\n`, 'tls.key': await toKeyPem(keys.privateKey) };
}
