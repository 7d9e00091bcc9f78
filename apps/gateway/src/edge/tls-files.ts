import { ConfigError } from '@gatehouse/lifecycle';
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createSecureContext, type Server as TlsServer } from 'node:tls';

/** A certificate and its key, in two files. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Gives the server what the files hold whenever they change. */
  renew(server: TlsServer): void;
  close(): void;
}

export interface TlsFilesOptions {
  certFile: string;
  keyFile: string;
  /** Told when a new certificate is used, or of why it cannot be. */
  onChange?: (error?: unknown) => void;
  intervalMs?: number;
}

/** @throws ConfigError when the files cannot be read, or do not belong together */
export function openTlsFiles({ certFile, keyFile, onChange, intervalMs = 1_000 }: TlsFilesOptions): TlsFiles {
  const read = () => {
    const files = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    createSecureContext(files);
    return files;
  };
  let renewal = () => {};
  // by asking: files in a mounted volume are replaced by moving a folder, of which there is no event. One that has changed
  // alone does not fit the other yet: that is told, and the old pair is used until both are new.
  const look = () => renewal();
  const close = () => [certFile, keyFile].forEach((file) => unwatchFile(file, look));
  let first: ReturnType<typeof read>;
  try {
    first = read();
  } catch (error) {
    throw new ConfigError([`GATEWAY_TLS_CERT_FILE, GATEWAY_TLS_KEY_FILE: hold no certificate with its key that can be used (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`], error);
  }
  return {
    ...first,
    renew(server) {
      renewal = () => {
        try {
          server.setSecureContext(read());
          onChange?.();
        } catch (error) {
          onChange?.(error);
        }
      };
      for (const file of [certFile, keyFile]) watchFile(file, { persistent: false, interval: intervalMs }, look);
    },
    close,
  };
}

/** Whether the files that the settings name can be used. @throws ConfigError */
export function checkTlsFiles({ GATEWAY_TLS_CERT_FILE: certFile, GATEWAY_TLS_KEY_FILE: keyFile }: { GATEWAY_TLS_CERT_FILE?: string | undefined; GATEWAY_TLS_KEY_FILE?: string | undefined }): void {
  if (certFile && keyFile) openTlsFiles({ certFile, keyFile }).close();
}
