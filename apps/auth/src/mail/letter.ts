import type { Language } from './languages';
import type { MailData, MailKind } from './mail';

/** What a mail says, before it is laid out as text and as HTML: templates hold no markup, so that nothing in them can be any. */
export interface Letter {
  /** Names in it went through `toName`. */
  readonly subject: string;
  readonly greeting: string;
  readonly paragraphs: readonly string[];
  /** Where to go. */
  readonly action?: { readonly label: string; readonly link: string };
  /** What to type, and what to say of it. */
  readonly code?: { readonly label: string; readonly value: string };
  /** What is said below. */
  readonly closing: readonly string[];
}

/** What every template can tell. */
export interface LetterContext {
  readonly product: string;
  /** How long what the mail holds is valid, in words: `30 minutes`. */
  readonly validFor: string;
}

/** What a mail of a kind says in each language. */
export type Template<Kind extends MailKind> = Readonly<Record<Language, (data: MailData[Kind], context: LetterContext) => Letter>>;
