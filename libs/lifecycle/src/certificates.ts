import { ConfigError } from './config-error';
import { judgeCertificates, type PemFile } from './judge-certificates';
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
const toUpper = { cert: 'CERT', key: 'KEY', ca: 'CA' } as const;

/** Paths of the files by their settings: with the prefix `MTLS` those are `MTLS_CERT_FILE`, `MTLS_KEY_FILE` and `MTLS_CA_FILE`. */
export type CertificatePaths<P extends string> = { readonly [K in `${P}_${Part}_FILE`]?: string | undefined };

/** What a cloud's bundle of CAs has, and more. */
export const maxCertificateBytes = 1_048_576;

/**
 * Reads certificate and key, and CAs where they are set; undefined where no certificate is.
 * @throws ConfigError that names every file which is missing, unreadable, expired, not valid yet, for another use, or does not fit the others
 */
export function readCertificates<P extends string>(prefix: P, paths: CertificatePaths<P>): Certificates | undefined {
  const pathOf = (part: Part) => toPath(prefix, paths, part);
  if (!pathOf('CERT') || !pathOf('KEY')) return undefined;
  const problems: string[] = [];
  const tell = (part: Part, problem: string) => void problems.push(`${prefix}_${part}_FILE: ${problem}`);
  const read = (part: Part): PemFile | undefined => {
    const place = pathOf(part);
    if (!place) return undefined;
    const file = readSecretFile(place, maxCertificateBytes);
    if ('value' in file) return { text: file.value, setting: `${prefix}_${part}_FILE`, place };
    tell(part, file.problem);
    return undefined;
  };
  const [cert, key, ca] = [read('CERT'), read('KEY'), read('CA')];
  // who believes CAs calls others too, and shows them the same certificate
  const certificate = judgeCertificates({ cert, key, ca }, pathOf('CA') ? ['server', 'client'] : ['server'], (part, problem) => tell(toUpper[part], problem));
  if (problems.length) throw new ConfigError(problems);
  return { cert: cert!.text, key: key!.text, ...(ca ? { ca: ca.text } : {}), notBefore: certificate!.validFromDate, notAfter: certificate!.validToDate };
}

/** The files that the settings with this prefix name. */
export const listFiles = <P extends string>(prefix: P, paths: CertificatePaths<P>): readonly string[] =>
  parts.flatMap((part) => toPath(prefix, paths, part) ?? []);

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

const toPath = <P extends string>(prefix: P, paths: CertificatePaths<P>, part: Part) =>
  (paths as Readonly<Record<string, string | undefined>>)[`${prefix}_${part}_FILE`];
