import * as conventions from '@opentelemetry/semantic-conventions';
import { AppError } from '@gatehouse/errors';
import { createDatabase } from '@gatehouse/postgres';
import { createTestDatabase } from '@gatehouse/postgres/testing';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTestCollector } from '../src/testing';
import { connectEcho, serveEcho } from './echo-service';
import { observe } from './observed';

const stable: ReadonlySet<unknown> = new Set(Object.entries(conventions).flatMap(([name, value]) => (name.startsWith('ATTR_') ? [value] : [])));
const page = readFileSync(join(__dirname, '../../../docs/observability.md'), 'utf8');
const documented = new Set(
  page
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .flatMap((row) =>
      [
        ...row
          .split('|')
          .at(-2)!
          .matchAll(/`([a-z]+(?:\.[a-z_]+)+)`/g),
      ].map(([, name]) => name!),
    ),
);

/** The names of all attributes that everything here which makes spans has really sent. */
async function collectNames(): Promise<Set<string>> {
  const collector = await createTestCollector();
  const database = await createTestDatabase();
  const observed = observe('user', { otlpEndpoint: collector.url });
  const pool = createDatabase({ url: database.url, applicationName: 'test', observer: observed.postgres });
  const loader = pool.createRowLoader<{ key: string }>({ name: 'find-key', text: 'select unnest($1::text[]) as key', keyOf: ({ key }) => key });
  let attempts = 0;
  const server = await serveEcho(async (message) => {
    if (++attempts === 1) throw new AppError({ code: 'UNAVAILABLE', reason: 'GONE', domain: 'user.gatehouse', message: 'gone' });
    await Promise.all([loader.load('a'), loader.load('b')]);
    await pool.query({ name: 'divide', text: 'select 1 / $1::int', values: [0] });
    return message;
  }, observed);
  const client = connectEcho(server.target, observed);
  const observation = observed.http.start({ method: 'BREW', path: '/', requestId: 'r', headers: {}, scheme: 'https', protocolVersion: '2' });
  const command = { name: 'count-request', operation: 'EVALSHA', server: { address: '127.0.0.1', port: 1 }, database: 0 };
  await observation.run(() => Promise.allSettled([client.echo('x'), observed.redis.command(command, () => Promise.reject(new Error('gone')))]));
  observation.end({ status: 500, route: '/' });
  client.close();
  await server.close();
  await pool.close();
  await observed.close();
  await Promise.all([collector.close(), database.drop()]);
  return new Set(collector.spans.flatMap((span) => [span, { attributes: span.resource }, ...span.events].flatMap(({ attributes }) => Object.keys(attributes))));
}

it('every attribute that is sent is in the table, every one in the table is sent, and all but ours are stable conventions', async () => {
  const sent = await collectNames();
  expect([...sent].sort()).toEqual([...documented].sort());
  expect([...sent].filter((name) => !stable.has(name))).toEqual(['gatehouse.retry.attempt']);
});
