import { secretKey } from '@gatehouse/lifecycle';

/** A secret that passwords are hashed with beside their salts (RFC 9106 §3.1, K). It is not in the database. */
export interface Pepper {
  readonly id: string;
  readonly key: Uint8Array;
}

/** Reads `id:key,id:key`, the first for new hashes; undefined where that is not its form. */
export function readPeppers(text: string): readonly Pepper[] | undefined {
  const peppers = text.split(',').map((part): Pepper | undefined => {
    const [, id, encoded] = /^([A-Za-z0-9]{1,8}):(.+)$/.exec(part.trim()) ?? [];
    const key = secretKey.safeParse(encoded);
    return id && key.success ? { id, key: key.data } : undefined;
  });
  const known = peppers.filter((pepper) => pepper !== undefined);
  return known.length === peppers.length && new Set(known.map(({ id }) => id)).size === known.length ? known : undefined;
}

/** Notes in a hash which pepper it was made with, where the PHC string format has a place for that: the parameter `keyid`. */
export const withPepperId = (passwordHash: string, { id }: Pepper): string =>
  passwordHash.replace(/^((?:\$[^$]*){3})\$/, `$1,keyid=${Buffer.from(id).toString('base64').replaceAll('=', '')}$`);

/** The id of the pepper that a hash was made with; undefined where there was none. */
export function pepperIdOf(passwordHash: string): string | undefined {
  const encoded = /^(?:\$[^$]*){2}\$[^$]*,keyid=([A-Za-z0-9+/]+)/.exec(passwordHash)?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString();
}
