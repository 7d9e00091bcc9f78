import type { CodePurpose } from './one-time-code';

const pages: Readonly<Record<CodePurpose, string>> = {
  sign_up: 'verify-email',
  verify_email: 'verify-email',
  reset_password: 'reset-password',
  change_email: 'confirm-email',
  invitation: 'accept-invitation',
};

/** Addresses of the pages that an installation has for its people. */
export interface Links {
  /** A link with a token in its fragment, which is sent to no server: it stands in no log and no Referer (RFC 9110 §7.1, §10.1.3). */
  toProof(purpose: CodePurpose, token: string): string;
  /** Where somebody asks for a new password. */
  readonly recovery: string;
}

/** @param base an absolute URL; a path of it stays */
export function createLinks(base: string): Links {
  const pageOf = (name: string) => `${base.replace(/\/+$/, '')}/${name}`;
  return { toProof: (purpose, token) => `${pageOf(pages[purpose])}#token=${token}`, recovery: pageOf('recover') };
}
