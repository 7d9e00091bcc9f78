import type { Logger, MetricsRegistry } from '@gatehouse/observability';
import { Counter, Gauge } from 'prom-client';
import { type CertificateFiles, openCertificateFiles } from './certificate-files';
import type { CertificatePaths, Certificates } from './certificates';

/** The certificates of a process, of whose renewals and end it tells by logs and metrics. */
export interface CertificateStore {
  /** Opens the files that the settings with this prefix name; undefined where none are set. @throws ConfigError that names every file which cannot be used */
  open<P extends string>(prefix: P, paths: CertificatePaths<P>): CertificateFiles | undefined;
  /** Follows the files no more. */
  close(): void;
}

/**
 * Certificates whose renewals are logged and counted, and whose times are gauges.
 * @throws Error when the registry has these metrics already
 */
export function createCertificateStore({ logger, registry }: { logger: Pick<Logger, 'info' | 'warn'>; registry: MetricsRegistry }): CertificateStore {
  const opened = new Map<string, CertificateFiles>();
  const registers = [registry];
  const renewals = new Counter({
    name: 'tls_certificate_renewals_total',
    help: 'Changes of certificate files, by what came of them: used or refused',
    labelNames: ['certificate', 'result'],
    registers,
  });
  const addTime = (name: string, help: string, timeOf: (certificates: Certificates) => Date) =>
    new Gauge({
      name,
      help,
      labelNames: ['certificate'],
      registers,
      collect() {
        for (const [certificate, files] of opened) this.set({ certificate }, timeOf(files.current()).getTime() / 1_000);
      },
    });
  addTime('tls_certificate_not_before_seconds', 'From when the certificate in use is valid, in seconds since the epoch', ({ notBefore }) => notBefore);
  addTime('tls_certificate_not_after_seconds', 'When the certificate in use expires, in seconds since the epoch', ({ notAfter }) => notAfter);
  return {
    open(prefix, paths) {
      const certificate = prefix.toLowerCase();
      const files = openCertificateFiles(prefix, paths, (error) => {
        renewals.inc({ certificate, result: error === undefined ? 'used' : 'refused' });
        if (error === undefined) logger.info(`a new certificate of ${prefix}_CERT_FILE is used`);
        else logger.warn(`the files of ${prefix}_CERT_FILE cannot be used: the certificate before is kept`, { exception: error });
      });
      if (!files) return undefined;
      opened.set(certificate, files);
      for (const result of ['used', 'refused']) renewals.inc({ certificate, result }, 0);
      return files;
    },
    close: () => opened.forEach((files) => files.close()),
  };
}
