import { chooseLanguage, type Language } from './languages';
import { layOutHtml, layOutText } from './lay-out';
import type { Letter, LetterContext } from './letter';
import type { Mail, MailKind } from './mail';
import { toSpan } from './phrases';
import { templates } from './templates';

/** A mail in words. */
export interface WrittenMail {
  readonly language: Language;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export const mailKinds = Object.keys(templates) as readonly MailKind[];

/** How long what a mail holds is valid where it does not say so. */
export const defaultValidForSeconds = 86_400;

/** Writes a mail, as text and as HTML. @throws RangeError for a link that is none of the web, and a time that is none */
export function writeMail({ kind, language: wanted, validForSeconds = defaultValidForSeconds, data }: Mail, product: string): WrittenMail {
  const language = chooseLanguage(wanted);
  const write = templates[kind][language] as (data: Mail['data'], context: LetterContext) => Letter;
  const letter = write(data, { product, validFor: toSpan(validForSeconds, language) });
  if (letter.action && !/^https?:\/\/[^\s<>"]+$/.test(letter.action.link)) throw new RangeError(`a mail of the kind ${kind} has a link that is none`);
  return { language, subject: letter.subject, text: layOutText(letter), html: layOutHtml(letter, language) };
}
