import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { resolve } from 'node:path';
import { type Gatehouse, services, startGatehouse } from './support/gatehouse';
import { pipeline } from './support/pipeline';
import { logIn, send } from './support/http';

// `npm run proof` asks for the full size
const isProof = process.env['PROOF'] === 'full';
const size = isProof ? 100_000 : 1_000;
// each of these is two calls over gRPC and a query
const sizeOfUsers = isProof ? 20_000 : 300;

let gatehouse: Gatehouse;
let token: string;
beforeAll(async () => {
  gatehouse = await startGatehouse();
  token = await logIn(gatehouse.url, gatehouse.administrator);
});
afterAll(() => gatehouse.close());

// what a process does of its own accord, sooner or later: collect garbage, sweep, send mails, tell who was seen
const ofItsOwn =
  / nodejs_gc_|db_operation_name="(erase|delete|count-attempts|find-attempt-level|purge|take-abandoned|take-mails|expire-mails|count-waiting-mails|record-last-seen)|RecordLastSeen|WatchRevocations/;

/** Names and labels of every series that callers may have brought about, in the three processes. */
async function readSeries(): Promise<string[]> {
  const texts = await Promise.all(services.map(async (service) => (await fetch(`http://127.0.0.1:${gatehouse.ports[`${service}Admin`]}/metrics`)).text()));
  return texts
    .flatMap((text, index) =>
      text
        .split('\n')
        .filter((line) => line && !line.startsWith('#'))
        .map((line) => `${services[index]} ${line.replace(/ \S+$/, '')}`),
    )
    .filter((series) => !ofItsOwn.test(series));
}

/** Calls a gRPC method by its path. Gives the status. */
const callMethod = (session: ClientHttp2Session, path: string): Promise<string> =>
  new Promise((done, fail) => {
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
    let status = '';
    stream.on('response', (headers) => (status = String(headers['grpc-status'] ?? '')));
    stream.on('trailers', (trailers) => (status = String(trailers['grpc-status'] ?? status)));
    stream
      .on('error', fail)
      .on('close', () => done(status))
      .resume();
    stream.end(Buffer.from([0, 0, 0, 0, 0]));
  });

const word = () => randomBytes(6).toString('hex');
const toUser = () => send(gatehouse.url, 'GET', `/v1/users/${randomUUID()}`, { token });
const logInAsNobody = () => send(gatehouse.url, 'POST', '/v1/auth/login', { body: { email: `${word()}@example.com`, password: word() } });

/** Requests that name what does not exist, no two of them the same; of each kind as many as are asked for. */
async function attack(count: number, users: number): Promise<Record<string, number>> {
  const answers: Record<string, number> = {};
  const note = (kind: string) => (answers[kind] = (answers[kind] ?? 0) + 1);
  const lines = {
    path: () => `GET /${word()}/${word()}?${word()}=${word()} HTTP/1.1`,
    'method of a path': () => `DELETE /v1/auth/${word()} HTTP/1.1`,
    user: () => `GET /v1/users/${randomUUID()} HTTP/1.1\r\nauthorization: Bearer ${word()}`,
    'HTTP method': () => `${word().replaceAll(/\d/g, 'X').toUpperCase()} / HTTP/1.1`,
  };
  for (const [kind, toLine] of Object.entries(lines)) {
    const isFatal = kind === 'HTTP method';
    await pipeline(gatehouse.ports.http, isFatal ? users : count, isFatal ? 1 : 50, toLine, (status) => note(`${kind}: ${status}`));
  }
  for (const port of ['userGrpc', 'authGrpc'] as const) {
    const session = connectHttp2(`http://127.0.0.1:${gatehouse.ports[port]}`);
    for (let done = 0; done < count; done += 50)
      for (const status of await Promise.all(Array.from({ length: 50 }, () => callMethod(session, `/${word()}.v1.${word()}/${word()}`))))
        note(`gRPC method: ${status}`);
    await new Promise<void>((closed) => session.close(closed));
  }
  for (let done = 0; done < users; done += 10) for (const { status } of await Promise.all(Array.from({ length: 10 }, toUser))) note(`somebody: ${status}`);
  // a tenth: each is a password to be hashed
  for (let done = 0; done < users / 10; done += 5)
    for (const { status } of await Promise.all(Array.from({ length: 5 }, logInAsNobody))) note(`nobody: ${status}`);
  return answers;
}

it('no number of unknown paths, methods, gRPC methods and people adds a series', async () => {
  // the least there is of each kind, so that its series are there
  await attack(50, 50);
  const before = await readSeries();
  const begin = Date.now();
  const answers = await attack(size, sizeOfUsers);
  const after = await readSeries();
  expect(answers).toEqual({
    'path: 404': size,
    'method of a path: 404': size,
    'user: 401': size,
    'HTTP method: 400': sizeOfUsers,
    // UNIMPLEMENTED
    'gRPC method: 12': 2 * size,
    'somebody: 404': sizeOfUsers,
    'nobody: 401': sizeOfUsers / 10,
  });
  expect(after.filter((series) => !before.includes(series))).toEqual([]);
  expect(after.length).toBe(before.length);
  if (!isProof) return;
  const folder = resolve(__dirname, '../../../tmp/measurements');
  mkdirSync(folder, { recursive: true });
  const requests = Object.values(answers).reduce((sum, each) => sum + each, 0);
  writeFileSync(
    resolve(folder, 'metric-series.json'),
    JSON.stringify({ requests, seconds: (Date.now() - begin) / 1000, before: before.length, after: after.length }),
  );
}, 1_300_000);
