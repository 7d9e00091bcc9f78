import { AppError } from './app-error';
import { declareError, type ErrorDeclaration, type ErrorsOf } from './error-declaration';
import { localize } from './localize';

const thingErrors = {
  THING_NOT_FOUND: {
    code: 'NOT_FOUND',
    reason: 'THING_NOT_FOUND',
    domain: 'thing.gatehouse',
    title: 'Thing not found',
    message: 'there is no thing {id} on {shelf}',
    retry: 'never',
    metadata: ['id', 'shelf'],
    translations: { de: { title: 'Ding nicht gefunden', message: 'Auf {shelf} gibt es kein Ding {id}.' } },
  },
  THING_BROKEN: {
    code: 'INTERNAL',
    reason: 'THING_BROKEN',
    domain: 'thing.gatehouse',
    title: 'Thing broken',
    message: 'broken',
    retry: 'never',
    metadata: ['error_id'],
    httpStatus: 502,
  },
} as const satisfies Record<string, ErrorDeclaration>;
type ThingError = ErrorsOf<typeof thingErrors>;
const thingNotFound = declareError(thingErrors.THING_NOT_FOUND);
const thingBroken = declareError(thingErrors.THING_BROKEN);

describe('a declared error', () => {
  it('is what its contract says, with the metadata in its message', () => {
    const cause = new Error('no row');
    const error = thingNotFound({ id: '7', shelf: 'a' }, { cause, retryDelayMs: 5 });
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'THING_NOT_FOUND',
      domain: 'thing.gatehouse',
      message: 'there is no thing 7 on a',
      metadata: { id: '7', shelf: 'a' },
      retryDelayMs: 5,
      cause,
      kind: 'domain',
    });
  });

  it('gets an id of its own where it carries one', () => {
    const [one, other] = [thingBroken(), thingBroken({ cause: 'x' })];
    expect(one.metadata.error_id).toMatch(/^[\da-f-]{36}$/);
    expect(one.metadata.error_id).not.toBe(other.metadata.error_id);
    expect([other.cause, other.httpStatus, other.kind]).toEqual(['x', 502, 'defect']);
  });

  it('has its type by its reason, so that a switch can be exhaustive', () => {
    const describeError = (error: ThingError): string => {
      switch (error.reason) {
        case 'THING_NOT_FOUND':
          return error.metadata.shelf;
        case 'THING_BROKEN':
          return error.metadata.error_id;
        default:
          return error satisfies never;
      }
    };
    expect(describeError(thingNotFound({ id: '7', shelf: 'a' }))).toBe('a');
  });

  it('does not take metadata for a template of its own', () => {
    expect(thingNotFound({ id: '{shelf}', shelf: '$&' }).message).toBe('there is no thing {shelf} on $&');
  });
});

describe('a message', () => {
  const error = thingNotFound({ id: '7', shelf: 'a' });

  it.each([
    ['de', 'de'],
    ['de-CH, en;q=0.5', 'de'],
    ['fr, de;q=0.1', 'de'],
    ['en, de', undefined],
    ['en-US, de', undefined],
    ['fr-FR, de-DE-1996', 'de'],
    ['fr', undefined],
    ['*', undefined],
    ['de;q=0', undefined],
    ['', undefined],
    [',;=;,de;q=x', undefined],
    [undefined, undefined],
  ])('for Accept-Language: %s is in %s', (acceptLanguage, locale) => {
    expect(localize(error, acceptLanguage)?.locale).toBe(locale);
  });

  it('has the metadata in it, in every language', () => {
    expect(localize(error, 'de')).toEqual({ locale: 'de', title: 'Ding nicht gefunden', message: 'Auf a gibt es kein Ding 7.' });
  });

  it('that came from elsewhere in a language stays in it, unless it is declared here', () => {
    const localized = { locale: 'fr', message: 'rien' };
    const { code, reason, domain, message, metadata } = error;
    const received = new AppError({ code, reason, domain, message, metadata, localized });
    expect(localize(received, 'de')).toBe(localized);
    expect(localize(received, 'de', thingErrors.THING_NOT_FOUND)?.message).toBe('Auf a gibt es kein Ding 7.');
  });

  it('without a translation is as it is', () => expect(localize(thingBroken(), 'de')).toBeUndefined());
});
