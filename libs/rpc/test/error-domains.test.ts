import { declareError } from '@gatehouse/errors';
import { caught, connect, serve } from './connect';

const declare = (domain: string) =>
  declareError({ code: 'NOT_FOUND', reason: 'SHELF_UNKNOWN', domain, title: 'Unknown', message: 'there is no such shelf', retry: 'never', metadata: [] });
const shelfUnknown = declare('eu.library.example');
const foreign = declare('archive.example');

it('an error of a domain that the channel names, or of one inside of it, is handed on', async () => {
  const { target } = await serve(async () => {
    throw shelfUnknown();
  });
  const { act } = connect(target, { errorDomains: ['library.example'] });
  expect(await caught(act({}))).toMatchObject({ code: 'NOT_FOUND', domain: 'eu.library.example', reason: 'SHELF_UNKNOWN' });
});

it('an error of another domain becomes a generic one', async () => {
  const { target } = await serve(async () => {
    throw foreign();
  });
  const { act } = connect(target, { errorDomains: ['library.example'] });
  expect(await caught(act({}))).toMatchObject({ code: 'INTERNAL', message: 'internal error' });
});

it('what a server of this library refuses by itself is handed on, whatever domains the channel names', async () => {
  const { target } = await serve(async () => {
    throw new Error('the handler was reached');
  });
  const { act } = connect(target, { errorDomains: ['library.example'] });
  const error = await caught(act({ action: 'x'.repeat(65) }));
  expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', domain: 'gatehouse', reason: 'VALIDATION_FAILED' });
  expect(error.violations).toEqual([expect.objectContaining({ field: 'action', reason: 'string.max_len' })]);
});
