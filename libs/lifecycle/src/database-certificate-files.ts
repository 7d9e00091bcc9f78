import { resolve } from 'node:path';
import { maxCertificateBytes } from './certificates';
import { judgeCertificates, type PemFile } from './judge-certificates';
import { readSecretFile } from './secret-file';

const parameterOf = { cert: 'sslcert', key: 'sslkey', ca: 'sslrootcert' } as const;

/**
 * What is wrong with the files that the parameters of a database URL name (PostgreSQL, 34.19.2), each in a sentence. Paths
 * are not told: they are part of a secret.
 */
export function findFileProblems(parameters: URLSearchParams): readonly string[] {
  const problems: string[] = [];
  if (parameters.has('sslcert') !== parameters.has('sslkey')) problems.push('must have sslcert and sslkey together');
  if (parameters.get('uselibpqcompat') === 'true' && parameters.get('sslmode') === 'verify-ca' && !parameters.has('sslrootcert'))
    problems.push('must name the CA by sslrootcert, or have verify-full as its sslmode');
  const read = (setting: string): PemFile | undefined => {
    const path = parameters.get(setting);
    if (path === null) return undefined;
    const file = path ? readSecretFile(resolve(path), maxCertificateBytes) : undefined;
    if (file && 'value' in file) return { text: file.value, setting, place: `the file of ${setting}` };
    problems.push(`names a certificate file that is not there, or cannot be read, as its ${setting}`);
    return undefined;
  };
  const files = { cert: read(parameterOf.cert), key: read(parameterOf.key), ca: read(parameterOf.ca) };
  judgeCertificates(files, ['client'], (_, problem) => problems.push(problem));
  return problems;
}
