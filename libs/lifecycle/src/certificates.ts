import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { ConfigError } from './config-error';
import { readSecretFile } from './secret-file';

/** What a process proves itself with over TLS, and whom it believes; as PEM. */
export interface Certificates {
  /** The certificate, and those that lead to its CA. */
  readonly cert: string;
  readonly key: string;
  /** The certificates of the CAs that are believed. */
  readonly ca?: string;
  /** From when and until when the certificate is valid. */
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const parts = ['CERT', 'KEY', 'CA'] as const;
type Part = (typeof parts)[number];

/** Paths of the files by their settings: with the prefix `MTLS` those are `MTLS_CERT_FILE`, `MTLS_KEY_FILE` and `MTLS_CA_FILE`. */
export type CertificatePaths<P extends string> = { readonly [K in `${P}_${Part}_FILE`]?: string | undefined };

/** What a cloud's bundle of CAs has, and more. */
export const maxCertificateBytes = 1_048_576;

/**
 * Reads certificate and key, and CAs where they are set; undefined where no certificate is.
 * @throws ConfigError that names every file which is missing, unreadable, expired, not valid yet, or does not fit the others
 */
export function readCertificates<P extends string>(prefix: P, paths: CertificatePaths<P>): Certificates | undefined {
  const pathOf = (part: Part) => toPath(prefix, paths, part);
  if (!pathOf('CERT') || !pathOf('KEY')) return undefined;
  const problems: string[] = [];
  const tell = (part: Part, problem: string) => void problems.push(`${prefix}_${part}_FILE: ${problem}`);
  const read = (part: Part): string => {
    const file = readSecretFile(pathOf(part)!, maxCertificateBytes);
    if ('value' in file) return file.value;
    tell(part, file.problem);
    return '';
  };
  const texts = { cert: read('CERT'), key: read('KEY'), ...(pathOf('CA') ? { ca: read('CA') } : {}) };
  const certificate = texts.cert ? toCertificates(texts.cert)[0] : undefined;
  const key = texts.key ? toKey(texts.key) : undefined;
  if (texts.cert) judge(certificate, pathOf('CERT')!, (problem) => tell('CERT', problem));
  if (texts.key && !key) tell('KEY', `${pathOf('KEY')} holds no private key in PEM that can be read without a password`);
  if (certificate && key && !certificate.checkPrivateKey(key)) tell('KEY', `${pathOf('KEY')} is not the key of the certificate in ${prefix}_CERT_FILE`);
  if (texts.ca) {
    const authorities = toCertificates(texts.ca);
    const inTime = authorities.find(isInTime);
    judge(inTime ?? authorities[0], pathOf('CA')!, (problem) => tell('CA', problem));
  }
  if (!problems.length) tryOut(texts, (problem) => tell('CERT', problem));
  if (problems.length) throw new ConfigError(problems);
  return { ...texts, notBefore: certificate!.validFromDate, notAfter: certificate!.validToDate };
}

/** The files that the settings with this prefix name. */
export const listFiles = <P extends string>(prefix: P, paths: CertificatePaths<P>): readonly string[] => parts.flatMap((part) => toPath(prefix, paths, part) ?? []);

/** Whether the files that the settings with these prefixes name can be used. @throws ConfigError that names every one which cannot */
export function checkCertificates<P extends string>(prefixes: readonly P[], paths: CertificatePaths<P>): void {
  const problems = prefixes.flatMap((prefix) => {
    try {
      readCertificates(prefix, paths);
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
  });
  if (problems.length) throw new ConfigError(problems);
}

const toPath = <P extends string>(prefix: P, paths: CertificatePaths<P>, part: Part) => (paths as Readonly<Record<string, string | undefined>>)[`${prefix}_${part}_FILE`];

const isInTime = ({ validFromDate, validToDate }: X509Certificate) => validFromDate.getTime() <= Date.now() && Date.now() <= validToDate.getTime();

function judge(certificate: X509Certificate | undefined, path: string, tell: (problem: string) => void): void {
  if (!certificate) return tell(`${path} holds no certificate in PEM, or one that cannot be read`);
  const { validFromDate, validToDate } = certificate;
  if (isInTime(certificate)) return;
  if (validToDate.getTime() < Date.now()) tell(`the certificate in ${path} expired at ${validToDate.toISOString()}: renew it`);
  else tell(`the certificate in ${path} is not valid before ${validFromDate.toISOString()}: wait, or set the clock right`);
}

const certificateBegin = '-----BEGIN CERTIFICATE-----';

/** The certificates of a PEM text in their order; none where one of them cannot be read. */
function toCertificates(text: string): readonly X509Certificate[] {
  try {
    // by their beginnings: OpenSSL goes no further than one that is cut off
    return text.split(certificateBegin).slice(1).map((rest) => new X509Certificate(certificateBegin + rest));
  } catch {
    return [];
  }
}

function toKey(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}

/** What only OpenSSL knows, as that a key is too short. */
function tryOut(texts: { cert: string; key: string; ca?: string }, tell: (problem: string) => void): void {
  try {
    createSecureContext(texts);
  } catch (error) {
    tell(`cannot be used for TLS with the files that are set beside it (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}
