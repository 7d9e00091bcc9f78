import { CanonicalForm } from '@gatehouse/contracts/api';
import { isIPv4 } from 'node:net';
import { domainToASCII } from 'node:url';

/** What a canonical form does to text that is in NFC already. */
export interface TextForm {
  /** The one way of writing it. Text that the form knows nothing of stays as it is, for the rules to judge. */
  rewrite(text: string): string;
  /** Why there is no such form; undefined where there is one. */
  findFault?(text: string): { readonly description: string; readonly reason: string } | undefined;
}

/** The forms that a field can declare by (gatehouse.api.v1.canonical_form). */
export const textForms: Readonly<Partial<Record<CanonicalForm, TextForm>>> = {
  [CanonicalForm.EMAIL]: { rewrite: toCanonicalEmail },
  [CanonicalForm.UUID]: { rewrite: (text) => (uuid.test(text) ? text.toLowerCase() : text) },
  [CanonicalForm.NAME]: {
    // RFC 8266 §2.1: spaces of every kind are one, none at the ends, single ones within
    rewrite: (text) => text.replace(/\p{Zs}+/gu, ' ').replace(/^ | $/g, ''),
    findFault: (text) =>
      unspeakable.test(text) ? { description: 'must not contain control characters, nor others that nobody sees', reason: 'name.control' } : undefined,
  },
};

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
// what is no character of a name (RFC 8264 §4.3), what nobody sees, and what makes a name read in another order than it is
// written; joiners and variation selectors stand where scripts and emoji need them
const unspeakable =
  /[\p{Cc}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]|(?![\u200c\u200d\ufe0e\ufe0f])\p{Default_Ignorable_Code_Point}|(?<![\p{Mn}\p{Mc}\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f\p{sc=Arab}\p{sc=Syrc}\p{sc=Mong}\p{sc=Deva}\p{sc=Beng}\p{sc=Guru}\p{sc=Gujr}\p{sc=Orya}\p{sc=Taml}\p{sc=Telu}\p{sc=Knda}\p{sc=Mlym}\p{sc=Sinh}\p{sc=Khmr}\p{sc=Mymr}])[\u200c\u200d]|(?<!\p{Extended_Pictographic})[\ufe0e\ufe0f](?!\u20e3)|[\u200c\u200d]$/u;

function toCanonicalEmail(email: string): string {
  const at = email.lastIndexOf('@');
  return at === -1 ? email : email.slice(0, at + 1) + toAsciiDomain(email.slice(at + 1));
}

/** A domain as it is asked for in the DNS: lower case, A-labels (UTS 46, nontransitional). One that cannot be stays as it is. */
function toAsciiDomain(domain: string): string {
  if (isAscii.test(domain)) return domain.toLowerCase();
  // domainToASCII reads the host of a URL: percent-encoding, a path or a number would mean something to it
  const ascii = isName.test(domain) ? domainToASCII(domain) : '';
  return ascii === '' || isIPv4(ascii) ? domain : ascii;
}

const isAscii = /^[\0-\x7f]*$/;
// no domain is longer (RFC 1035 §2.3.4)
const isName = /^[\w.\-\u0080-\u{10ffff}]{1,253}$/u;
