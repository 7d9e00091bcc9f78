// Declares an error, throws it deep down, and tells it apart where it is answered.
import { AppError, declareError, isAppError, localize, toHttpStatus } from '@gatehouse/errors';

const bookNotFound = declareError({
  code: 'NOT_FOUND',
  reason: 'BOOK_NOT_FOUND',
  domain: 'library.example',
  title: 'Book not found',
  message: 'there is no book {id}',
  retry: 'never',
  metadata: ['id'],
  translations: { de: { title: 'Buch nicht gefunden', message: 'Es gibt kein Buch {id}.' } },
});

function findBook(id: string): string {
  if (id === '1') return 'Der Zauberberg';
  throw bookNotFound({ id }, { resource: { type: 'library.v1.Book', name: `books/${id}` } });
}

try {
  console.log(findBook('1'));
  findBook('2');
} catch (error) {
  if (!isAppError(error, 'BOOK_NOT_FOUND')) throw error;
  console.log(error.kind, error.code, error.reason, error.message, error.metadata['id']);
  console.log(toHttpStatus(error), localize(error, 'de-CH, en;q=0.5')?.message);
  console.log(error instanceof AppError, error.resource?.name);
}
