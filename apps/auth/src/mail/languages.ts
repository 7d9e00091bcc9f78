import type { RpcCall } from '@gatehouse/rpc';
import Negotiator from 'negotiator';

/** The languages that mails are written in; the first where nobody asked for another one. */
export const languages = ['en', 'de'] as const;
export type Language = (typeof languages)[number];

/** The best of the languages for a BCP 47 tag or an Accept-Language (RFC 9110 §12.5.4). */
export const chooseLanguage = (wanted: string | undefined): Language =>
  wanted ? ((new Negotiator({ headers: { 'accept-language': wanted } }).language([...languages]) as Language | undefined) ?? languages[0]) : languages[0];

/** The best of the languages for who calls; undefined where they do not say which they read. */
export function languageOf({ metadata }: Pick<RpcCall, 'metadata'>): Language | undefined {
  const wanted = metadata.get('accept-language');
  return wanted ? chooseLanguage(wanted) : undefined;
}
