import { pageTokenInvalid } from '@gatehouse/contracts/user';

// A token is the id of the last person on the page before, as 16 bytes in base64url: it says where to go on, and gives no
// more than asking from the start would.
const length = 22;

/** The token that continues after a person. */
export const toPageToken = (lastId: string): string => Buffer.from(lastId.replaceAll('-', ''), 'hex').toString('base64url');

/**
 * The id after which to continue; undefined for the first page.
 * @throws pageTokenInvalid
 */
export function readPageToken(token: string): string | undefined {
  if (token === '') return undefined;
  const bytes = Buffer.from(token, 'base64url');
  // decoding passes over what is not base64url: only what comes back the same is a token
  if (token.length !== length || bytes.toString('base64url') !== token) throw pageTokenInvalid();
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const defaultPageSize = 50;
const maxPageSize = 200;

/** The size of the page that is given for one that is asked for (AIP-158). */
export const toPageSize = (asked: number): number => Math.min(asked || defaultPageSize, maxPageSize);
