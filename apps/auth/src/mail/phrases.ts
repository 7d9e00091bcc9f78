import type { Language } from './languages';
import { toName } from './plain-text';

/** How a mail begins. */
export const greet: Readonly<Record<Language, (name: string | undefined) => string>> = {
  en: (name) => (toName(name) ? `Hello ${toName(name)},` : 'Hello,'),
  de: (name) => (toName(name) ? `Guten Tag ${toName(name)},` : 'Guten Tag,'),
};

/** What is said of a code beside a link. */
export const codeLabel: Readonly<Record<Language, string>> = { en: 'Or type this code:', de: 'Oder geben Sie diesen Code ein:' };

/** A span of time in words, in its largest unit that fits: `30 minutes`. */
export function toSpan(seconds: number, language: Language): string {
  const [unit, size] = (
    [
      ['day', 86_400],
      ['hour', 3_600],
      ['minute', 60],
    ] as const
  ).find(([, size]) => seconds >= size && seconds % size === 0) ?? ['second', 1];
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(seconds / size);
}

/** A moment in words, in UTC. */
export const toMoment = (time: string, language: Language): string =>
  new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'UTC',
    timeZoneName: 'short',
  }).format(new Date(time));
