/** What a mail of each kind says; links are whole, times in words are made when it is written. All may hold whatever a person typed. */
export interface MailData {
  readonly verify_email: Named & Proof;
  readonly reset_password: Named & Proof;
  /** To the new address. */
  readonly email_change_confirm: Named & Proof;
  /** To the old address. `link` is where somebody who did not do it gets help. */
  readonly email_changed: Named & Helped;
  /** To the address that somebody has, when they ask for another one. `link` is where somebody who did not do it gets help. */
  readonly email_change_requested: Named & Helped;
  readonly invitation: Named & Proof & { readonly invitedBy?: string };
  /** `userAgent` is what the program on it calls itself (RFC 9110 §10.1.5). */
  readonly new_device: Notice & { readonly userAgent?: string; readonly address?: string };
  readonly password_changed: Notice;
  readonly factor_added: Notice;
  readonly factor_removed: Notice;
  readonly recovery_codes_replaced: Notice;
  readonly recovery_code_used: Notice;
  /** Somebody tried to sign up with the address of an account; `link` resets its password. */
  readonly sign_up_attempt: Named & Helped;
}

interface Named {
  readonly name?: string;
}

interface Proof {
  readonly link: string;
  /** To be typed where the link cannot be opened. */
  readonly code?: string;
}

interface Helped {
  readonly link?: string;
}

/** Something that happened, and when. `link` is where somebody who did not do it gets help. */
interface Notice extends Named, Helped {
  readonly time: string;
}

export type MailKind = keyof MailData;

/** Without a language, or with one that there is none in, it is written in English. */
export type Mail = {
  [Kind in MailKind]: {
    readonly kind: Kind;
    /** One address. */
    readonly to: string;
    /** Whom it is about: who is erased takes it along. */
    readonly userId?: string;
    /** A BCP 47 tag, or an Accept-Language. */
    readonly language?: string;
    /** How long what it holds is valid, as it says itself; later it is not sent any more. Default: a day. */
    readonly validForSeconds?: number;
    readonly data: MailData[Kind];
  };
}[MailKind];
