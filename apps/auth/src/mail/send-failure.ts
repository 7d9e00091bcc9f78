/** Why a mail was not sent: words from a closed set, since what servers say names whom it was to. */
export const sendFailures = [
  'connection',
  'timeout',
  'tls',
  'login',
  'sender_refused',
  'refused_for_now',
  'refused',
  'bad_address',
  'unreadable',
  'expired',
  'other',
] as const;
export type SendFailure = (typeof sendFailures)[number];

interface NodemailerFailure {
  readonly code?: string;
  /** The system's, or OpenSSL's. */
  readonly originalCode?: string;
  readonly command?: string;
  readonly responseCode?: number;
}

const byCode: Readonly<Record<string, SendFailure>> = {
  ECONNECTION: 'connection',
  ESOCKET: 'connection',
  EDNS: 'connection',
  EPROTOCOL: 'connection',
  ETIMEDOUT: 'timeout',
  EABORT: 'timeout',
  ETLS: 'tls',
  EAUTH: 'login',
  ENOAUTH: 'login',
};

/** An address that no server is asked about. */
export const badAddress = (): Error => Object.assign(new Error('not one address'), { code: 'EBADADDRESS' });
/** A mail that cannot be written any more. */
export const unreadable = (cause: unknown): Error => Object.assign(new Error('the mail cannot be written', { cause }), { code: 'EUNREADABLE' });

/**
 * Why a mail was not sent, and whether it is given up: where the server says of this recipient or this text that it will never take it
 * (5yz, RFC 5321 §4.2.1). What it says of us, an operator can mend.
 */
export function toSendFailure(error: unknown): { readonly reason: SendFailure; readonly isFinal: boolean } {
  const { code = '', originalCode = '', command = '', responseCode = 0 } = error as NodemailerFailure;
  if (code === 'EBADADDRESS') return { reason: 'bad_address', isFinal: true };
  if (code === 'EUNREADABLE') return { reason: 'unreadable', isFinal: false };
  if (code === 'EENVELOPE' || code === 'EMESSAGE') {
    if (responseCode < 500) return { reason: 'refused_for_now', isFinal: false };
    if (command === 'MAIL FROM') return { reason: 'sender_refused', isFinal: false };
    return { reason: 'refused', isFinal: responseCode !== 503 };
  }
  return { reason: isOfTls(originalCode) ? 'tls' : (byCode[code] ?? 'other'), isFinal: false };
}

const isOfTls = (code: string) => /CERT|SIGNATURE|^ERR_(TLS|SSL)|^EPROTO$/.test(code);
