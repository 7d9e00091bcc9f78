import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { Client, type ClientConfig } from 'pg';

/** What a process proves itself with and whom it believes, as PEM, where the URL names no files for it. */
export interface DatabaseCertificates {
  current(): { readonly cert: string; readonly key: string; readonly ca?: string };
}

// as strict as verify-full to node-postgres, which warns that they will not be (pg-connection-string 2); to libpq they are less
const strictModes: ReadonlySet<string> = new Set(['prefer', 'require', 'verify-ca']);
const own = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslnegotiation'] as const;

const isLocal = (host: string) =>
  host === '' || host.startsWith('/') || host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/**
 * How to connect to a database by its URL. Without `sslmode`, a server elsewhere must show a certificate with its name, as
 * with `verify-full` (PostgreSQL, 34.19), and as with `prefer`, `require` and `verify-ca` unless `uselibpqcompat=true`;
 * `sslmode=disable` goes in plain text.
 * @param certificates are shown and believed where the URL has no sslcert, sslkey and sslrootcert
 */
export function toClientConfig(url: string, certificates?: DatabaseCertificates): ClientConfig & { readonly Client?: typeof Client } {
  const parsed = new URL(url);
  const parameters = parsed.searchParams;
  // empty, it is as absent to node-postgres
  const host = parameters.get('host') || parsed.hostname.replace(/^\[|\]$/g, '');
  const files = { ca: parameters.get('sslrootcert'), cert: parameters.get('sslcert'), key: parameters.get('sslkey') };
  const isAsked = Object.values(files).some((file) => file !== null) || parameters.get('sslnegotiation') === 'direct';
  const asked = parameters.get('sslmode') ?? (isLocal(host) && !isAsked ? 'disable' : 'verify-full');
  const mode = strictModes.has(asked) && parameters.get('uselibpqcompat') !== 'true' ? 'verify-full' : asked;
  // what the other modes are, node-postgres knows
  if (mode !== 'verify-full') return { connectionString: url };
  const sslnegotiation = parameters.get('sslnegotiation') as ClientConfig['sslnegotiation'] | null;
  for (const name of own) parameters.delete(name);
  const [ca, cert, key] = [follow(files.ca), follow(files.cert), follow(files.key)];
  const toOptions = (): ConnectionOptions => {
    const held = certificates?.current();
    return { rejectUnauthorized: true, ca: ca() ?? held?.ca, cert: cert() ?? held?.cert, key: key() ?? held?.key };
  };
  return {
    connectionString: parsed.href,
    ...(sslnegotiation ? { sslnegotiation } : {}),
    // each connection by what the files hold as it is made
    Client: class extends Client {
      constructor(config?: string | ClientConfig) {
        super({ ...(config as ClientConfig), ssl: toOptions() });
      }
    },
  };
}

/** What a file holds each time it is asked; while it cannot be read, what it held. */
function follow(file: string | null): () => string | undefined {
  if (file === null) return () => undefined;
  let text = readFileSync(file, 'utf8');
  return () => {
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      // between an old file and a new one
    }
    return text;
  };
}
