import { tokenInvalid, tokenMissing } from '@gatehouse/contracts/api';

/**
 * The token of an `Authorization` header or metadata value (RFC 6750 §2.1).
 * @throws tokenMissing, tokenInvalid
 */
export function toBearerToken(authorization: string | undefined): string {
  if (!authorization) throw tokenMissing();
  const token = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(authorization)?.[1];
  if (!token) throw tokenInvalid();
  return token;
}
