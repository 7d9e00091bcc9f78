/** How many bytes a part may have. */
export interface Size {
  readonly min: number;
  readonly max: number;
}

// shorter ones would be the same for too many passwords: 128 bits
export const digestSize: Size = { min: 16, max: 64 };
export const saltSize: Size = { min: 1, max: 64 };

/**
 * Reads base64 as hashes write it: of RFC 4648 §4, with its padding or without, or with `.` in the place of `+`, as passlib has it.
 * Undefined for anything else, and for another size.
 */
export function readBase64(text: string | undefined, { min, max }: Size): Buffer | undefined {
  if (text === undefined || text.length > Math.ceil((max * 4) / 3) + 2 || !/^[A-Za-z0-9+/.]*={0,2}$/.test(text)) return undefined;
  const digits = text.replace(/=+$/, '');
  if (digits.length % 4 === 1 || (digits.length !== text.length && text.length % 4 !== 0)) return undefined;
  const bytes = Buffer.from(digits.replaceAll('.', '+'), 'base64');
  // bits that stand for nothing are 0 (RFC 4648 §3.5)
  const isCanonical = bytes.toString('base64').replace(/=+$/, '') === digits.replaceAll('.', '+');
  return isCanonical && bytes.length >= min && bytes.length <= max ? bytes : undefined;
}

/** Reads parameters as the PHC string format writes them, `ln=16,r=8`; undefined unless they are these and whole numbers. */
export function readParameters<K extends string>(text: string | undefined, names: readonly K[]): Readonly<Record<K, number>> | undefined {
  const parts = text?.split(',') ?? [];
  const values = names.map((name, index) => new RegExp(`^${name}=(\\d{1,10})$`).exec(parts[index] ?? '')?.[1]);
  if (parts.length !== names.length || values.includes(undefined)) return undefined;
  return Object.fromEntries(names.map((name, index) => [name, Number(values[index])])) as Record<K, number>;
}
