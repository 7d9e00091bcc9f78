import { unwatchFile, watchFile } from 'node:fs';
import { type CertificatePaths, type Certificates, listFiles, readCertificates } from './certificates';

/** Certificates in files, followed as the files change. */
export interface CertificateFiles {
  /** As they are now; the same object until they change. */
  current(): Certificates;
  /** Tells of new ones that can be used; gives what ends that. */
  onChange(listener: () => void): () => void;
  close(): void;
}

// How often the files are looked at. Milliseconds.
const intervalMs = 1_000;

/**
 * Opens the files that the settings with a prefix name, and follows them; undefined where none are set. Files that become
 * such that they cannot be used leave those that are.
 * @param onRenewal is told when new certificates are used, or of why they cannot be
 * @throws ConfigError that names every file which cannot be used
 */
export function openCertificateFiles<P extends string>(
  prefix: P,
  paths: CertificatePaths<P>,
  onRenewal: (error?: unknown) => void,
): CertificateFiles | undefined {
  const first = readCertificates(prefix, paths);
  if (!first) return undefined;
  let current = first;
  const listeners = new Set<() => void>();
  // by asking: files in a mounted volume are replaced by moving a folder, of which there is no event. One that has changed
  // alone does not fit the others yet: that is told once, and the old ones are used until all are new.
  let refusal = '';
  let again: NodeJS.Timeout | undefined;
  const look = () => {
    clearTimeout(again);
    try {
      const next = readCertificates(prefix, paths)!;
      refusal = '';
      if (next.cert === current.cert && next.key === current.key && next.ca === current.ca) return;
      current = next;
    } catch (error) {
      // what is not valid yet becomes so without a change of the files
      again = setTimeout(look, intervalMs).unref();
      if (refusal === String(error)) return;
      refusal = String(error);
      onRenewal(error);
      return;
    }
    for (const listener of listeners) listener();
    onRenewal();
  };
  const files = listFiles(prefix, paths);
  for (const file of files) watchFile(file, { persistent: false, interval: intervalMs }, look);
  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      clearTimeout(again);
      for (const file of files) unwatchFile(file, look);
    },
  };
}
