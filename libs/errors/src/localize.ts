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
  const [locale = ownLanguage] = new Negotiator({ headers: { 'accept-language': acceptLanguage } }).languages([ownLanguage, ...Object.keys(translations)]);
  const translation = translations[locale];
  return translation && { locale, title: translation.title, message: fill(translation.message, error.metadata) };
}
