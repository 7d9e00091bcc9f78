import type { Logger, MetricsRegistry } from '@gatehouse/observability';
import { Counter, Gauge } from 'prom-client';
import { type CertificateFiles, openCertificateFiles } from './certificate-files';
import type { CertificatePaths } from './certificates';

/** The certificates of a process, of whose renewals and end it tells by logs and metrics. */
export interface CertificateStore {
  /** Opens the files that the settings with this prefix name; undefined where none are set. @throws ConfigError that names every file which cannot be used */
  open<P extends string>(prefix: P, paths: CertificatePaths<P>): CertificateFiles | undefined;
  /** Follows the files no more. */
  close(): void;
}

/** @throws Error when the registry has its metrics already */
export function createCertificateStore({ logger, registry }: { logger: Pick<Logger, 'info' | 'warn'>; registry: MetricsRegistry }): CertificateStore {
  const opened = new Map<string, CertificateFiles>();
  const registers = [registry];
  const renewals = new Counter({ name: 'tls_certificate_renewals_total', help: 'Changes of certificate files, by what came of them: used or refused', labelNames: ['certificate', 'result'], registers });
  new Gauge({
    name: 'tls_certificate_not_after_seconds',
    help: 'When the certificate in use expires, in seconds since the epoch',
    labelNames: ['certificate'],
    registers,
    collect() {
      for (const [certificate, files] of opened) this.set({ certificate }, files.current().notAfter.getTime() / 1_000);
    },
  });
  return {
    open(prefix, paths) {
      const certificate = prefix.toLowerCase();
      const files = openCertificateFiles(prefix, paths, {
        onRenewal(error) {
          renewals.inc({ certificate, result: error === undefined ? 'used' : 'refused' });
          if (error === undefined) logger.info(`a new certificate of ${prefix}_CERT_FILE is used`);
          else logger.warn(`the files of ${prefix}_CERT_FILE cannot be used: the certificate before is kept`, { exception: error });
        },
      });
      if (!files) return undefined;
      opened.set(certificate, files);
      for (const result of ['used', 'refused']) renewals.inc({ certificate, result }, 0);
      return files;
    },
    close: () => opened.forEach((files) => files.close()),
  };
}
