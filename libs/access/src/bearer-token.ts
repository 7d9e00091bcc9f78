import { tokenInvalid, tokenMissing } from '@gatehouse/contracts/api';

/**
 * The token of an `Authorization` header or metadata value (RFC 6750 §2.1).
 * @throws tokenMissing, tokenInvalid
 */
export function toBearerToken(authorization: string | undefined): string {
  // another scheme is no token of ours (RFC 6750 §3.1)
  if (!authorization || !/^Bearer( |$)/i.test(authorization)) throw tokenMissing();
  const token = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(authorization)?.[1];
  if (!token) throw tokenInvalid();
  return token;
}
