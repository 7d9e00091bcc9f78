import type { examples } from './scratch-project';

/** What each example writes. */
export const outputs: Readonly<Record<(typeof examples)[number], RegExp>> = {
  errors: toPattern('Der Zauberberg', 'domain NOT_FOUND BOOK_NOT_FOUND there is no book 2 2', '404 Es gibt kein Buch 2.', 'true books/2'),
  rpc: toPattern(
    'Hello Ada',
    'NOT_FOUND greeter.example GUEST_UNKNOWN nobody called Bob is on the list Bob',
    'INVALID_ARGUMENT gatehouse VALIDATION_FAILED the request breaks a rule of its contract guest',
  ),
  // lines of the log are written a little later than they are made, so before or after the others
  observability:
    /^(?=[^]*^orders_total 1$)(?=[^]*"service\.name":"shop","body":"order taken","trace_id":"([\da-f]{32})")(?=[^]*"body":"call","trace_id":"\1".*"http\.route":"\/orders")(?=[^]*^span POST \/orders$)/m,
  transcoding: toPattern(
    '{"name":"shelves/1/books/2","title":"Der Zauberberg","copiesSold":"1000000"}',
    '404 application/problem+json BOOK_NOT_FOUND there is no book shelves/1/books/3',
    '3.1.1 /v1/shelves/{shelves}/books/{books} true',
  ),
};

function toPattern(...lines: string[]): RegExp {
  return new RegExp(`^${lines.map((line) => `${line.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}\n`).join('')}$`);
}
