import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const maxSecretBytes = 65_536;

/** What a file holds, or why it cannot be used: a sentence with its path, never with what is in it. */
export type SecretFile = { readonly value: string } | { readonly problem: string };

/** Reads the file of a secret, in UTF-8, 64 KiB at most or `maxBytes`, and cuts one line break at its end. */
export function readSecretFile(path: string, maxBytes = maxSecretBytes): SecretFile {
  // somebody may have put the secret itself where its path belongs: a key in base64 can begin as a path does, and ends with =
  if (!path.startsWith('/') || path.endsWith('=')) return { problem: 'must be the absolute path of a file' };
  try {
    const bytes = readRegularFile(path, maxBytes);
    if (!bytes) return { problem: `${path} is no regular file` };
    if (bytes.length > maxBytes) return { problem: `${path} has more than ${maxBytes} bytes` };
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (text.includes('\0')) return { problem: `${path} is no text` };
    const value = text.replace(/\r?\n$/, '');
    return value ? { value } : { problem: `${path} is empty` };
  } catch (error) {
    return { problem: toProblem(path, (error as NodeJS.ErrnoException).code) };
  }
}

function readRegularFile(path: string, maxBytes: number): Buffer | undefined {
  // a pipe that nobody writes to must not hold up the start
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(file).isFile()) return undefined;
    const buffer = Buffer.alloc(maxBytes + 1);
    return buffer.subarray(0, readSync(file, buffer));
  } finally {
    closeSync(file);
  }
}

function toProblem(path: string, code = 'unknown'): string {
  switch (code) {
    case 'ENOENT':
      return `there is no file ${path}`;
    case 'EACCES':
      return `this account may not read ${path}`;
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return `${path} is no text in UTF-8`;
    default:
      return `${path} cannot be read (${code})`;
  }
}
