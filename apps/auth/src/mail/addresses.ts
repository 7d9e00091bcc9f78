import { isPlain } from './plain-text';

/** Whether it is one address, in which nothing can pass for another one, a command or a header (RFC 5321 §4.1.2, without quoted local parts). */
export const isAddress = (text: string): boolean =>
  text.length <= 254 && isPlain(text) && /^[^\s"(),:;<>@[\\\]]{1,64}@(?!-)[^\s"(),:;<>@[\\\]]{1,253}$/u.test(text);

/** Whether it is an address, or a name with an address behind it in angle brackets. */
export const isSender = (text: string): boolean => isPlain(text) && isAddress(toSender(text).address);

/** The name and the address of `Example <no-reply@example.com>`; the name may be empty. */
export function toSender(text: string): { readonly name: string; readonly address: string } {
  const [, name = '', address = text.trim()] = /^([^<>"]*)<([^<>]*)>$/.exec(text.trim()) ?? [];
  return { name: name.trim(), address };
}
