import type { Command } from 'commander';
import { certs, type CertsOptions } from './certs/certs.mts';

const add = (value: string, values: readonly string[]) => [...values, value];

/** Adds the command `certs`. */
export function addCerts(program: Command): void {
  program
    .command('certs')
    .summary('makes certificates for development')
    .description(
      'Makes an authority for development, and of each name (the services and postgres) a folder with tls.crt, tls.key and ca.crt. Run again it renews them and keeps the authority.',
    )
    .requiredOption('--out <folder>', 'where to')
    .option('--days <number>', 'for which the certificates are valid', '30')
    .option('--name <name>', 'what they are for, in place of the services; may be given several times', add, [])
    .option('--san <name=value>', 'adds a DNS name, an IP address or a URI such as user=spiffe://gatehouse.example/user; may be given several times', add, [])
    .action((options: CertsOptions) => certs(options));
}
