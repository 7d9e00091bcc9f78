import Negotiator from 'negotiator';
import type { AppError } from './app-error';
import { fill } from './error-declaration';
import type { LocalizedMessage } from './error-details';

// what the messages themselves are written in
const ownLanguage = 'en';

/**
 * The message of an error in a language that its caller asks for (RFC 9110 §12.5.4); undefined where that is English, there
 * is no translation, or nothing is asked for. One that came localized from elsewhere, and is not declared here, stays as it is.
 */
export function localize(error: AppError, acceptLanguage: string | undefined, declaration = error.declaration): LocalizedMessage | undefined {
  if (error.localized && !declaration) return error.localized;
  const translations = acceptLanguage ? declaration?.translations : undefined;
  if (!translations) return undefined;
  const locale = findLocale(new Negotiator({ headers: { 'accept-language': acceptLanguage } }).languages(), Object.keys(translations));
  const translation = locale === undefined ? undefined : translations[locale];
  return translation && { locale: locale!, title: translation.title, message: fill(translation.message, error.metadata) };
}

/** The first of the languages, each also without its last parts (RFC 4647 §3.4); undefined where that is our own, or none is there. */
function findLocale(preferred: readonly string[], available: readonly string[]): string | undefined {
  for (const tag of preferred)
    for (let range = tag.toLowerCase(); range !== ''; range = range.slice(0, Math.max(0, range.lastIndexOf('-')))) {
      if (range === ownLanguage || range === '*') return undefined;
      const found = available.find((each) => each.toLowerCase() === range);
      if (found) return found;
    }
  return undefined;
}
