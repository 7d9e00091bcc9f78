import { checkCertificates } from '@gatehouse/lifecycle';
import type { Config } from './config';
import { readSmtpCa } from './mail/smtp-transport';

/** Whether the files that settings of `serve` name can be used. @throws ConfigError that names the setting and the file */
export function checkFiles(config: Config): void {
  checkCertificates(['MTLS'], config);
  readSmtpCa(config);
}
