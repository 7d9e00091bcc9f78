import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startCommand } from './support/command';
import { type Gatehouse, startGatehouse } from './support/gatehouse';
import { logIn, send } from './support/http';
import { createMarkedPerson, type MarkedPerson } from './support/marked-person';
import { searchDatabases } from './support/search-databases';
import { type ServiceProcess, until, untilLinesAreWritten } from './support/service-process';
import { untilBlocked, whileHolding, withClient } from './support/with-client';

// `npm run proof` asks for the full size
const kills = process.env['PROOF'] === 'full' ? 20 : 3;

let gatehouse: Gatehouse;
let token: string;
let folder: string;
const processes = new Set<ServiceProcess>();
const note = () => Object.values(gatehouse.processes).forEach((process) => processes.add(process));
const people: MarkedPerson[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse privacy '));
  gatehouse = await startGatehouse({ env: { TRUSTED_PROXIES: '127.0.0.1', LOG_LEVEL: 'debug' } });
  note();
  token = await logIn(gatehouse.url, gatehouse.administrator);
}, 60_000);
afterAll(async () => {
  await gatehouse.close();
  rmSync(folder, { recursive: true, force: true });
});

async function enter(): Promise<MarkedPerson> {
  const person = await createMarkedPerson(gatehouse, token);
  people.push(person);
  return person;
}
async function killAuth(): Promise<void> {
  gatehouse.processes.auth.child.kill('SIGKILL');
  await gatehouse.processes.auth.exited;
}
function startAuth(): void {
  gatehouse.start('auth');
  note();
}
const erase = (id: string) => send(gatehouse.url, 'POST', `/v1/users/${id}:erase`, { token, body: {} });
const search = (texts: readonly string[]) => searchDatabases(gatehouse.superuser, texts);
const tracesOf = ({ marks, secrets }: MarkedPerson) => search([...marks, ...secrets]);
const withoutText = (found: readonly string[]) => [...new Set(found.map((place) => place.split(':')[0]))];

/** Where somebody who is gone stays an id: as what became of them, in word to all who verify tokens, and in the record of the call that made them, whose request id it was. */
const ofTheGone = ['auth public.known_people', 'auth public.outbox_events', 'user public.idempotency_records', 'user public.outbox_events'];

it('the search finds a text in texts, bytes, and base64 of whatever is around it', async () => {
  const text = 'what is searched for';
  await withClient(gatehouse.superuser.auth, async (client) => {
    await client.query('create table planted (number int, text text, bytes bytea)');
    const forms = [text, JSON.stringify({ text }), ...['', '1', '22', '333'].map((before) => Buffer.from(`${before}${text}...`).toString('base64'))];
    for (const [number, form] of forms.entries())
      for (const [inText, inBytes] of [
        [form, ''],
        ['', form],
      ]) {
        await client.query('insert into planted values ($1, $2, $3)', [number, inText, Buffer.from(inBytes!)]);
        expect(await search([text, 'nothing like it'])).toEqual([`auth public.planted: ${text}`]);
        await client.query('delete from planted');
      }
    await client.query('drop table planted');
  });
});

it('a person is told all that is kept of them, and no secret, and is erased from every table by the commands', async () => {
  const person = await enter();
  const output = join(folder, 'person.ndjson');
  expect(await startCommand(gatehouse, 'people', 'export', person.email, '--output', output).ended).toMatchObject({ status: 0 });
  const exported = readFileSync(output, 'utf8');
  expect(person.marks.filter((mark) => !exported.includes(mark))).toEqual([]);
  expect(person.secrets.filter((secret) => exported.includes(secret))).toEqual([]);
  expect(exported).not.toMatch(/argon2|gh[rd]_/);

  expect(withoutText(await tracesOf(person))).toEqual(
    expect.arrayContaining(['auth public.sessions', 'user public.users', 'user public.user_external_ids', 'user public.idempotency_records']),
  );
  expect(await startCommand(gatehouse, 'people', 'erase', person.email, '--yes').ended).toEqual({
    status: 0,
    stdout: `${person.id} is erased from every service\n`,
    stderr: '',
  });
  expect(await tracesOf(person)).toEqual([]);
  expect(withoutText(await search([person.id]))).toEqual(ofTheGone);
}, 60_000);

it('an erasure of which auth is killed when user has done its part comes to its end by itself', async () => {
  const person = await enter();
  const { auth } = gatehouse.superuser;
  let answer: Promise<unknown> = Promise.resolve();
  await whileHolding(auth, 'lock table credentials in share mode', async () => {
    answer = erase(person.id).catch(() => undefined);
    await untilBlocked(auth, 'delete from credentials');
    await killAuth();
  });
  expect(withoutText(await tracesOf(person))).toContain('auth public.sessions');
  startAuth();
  await until('the erasure is at its end', async () => (await tracesOf(person)).length === 0);
  await answer;
}, 60_000);

it(`a person is nowhere any more after an erasure that was cut off by a kill of auth, ${kills} times`, async () => {
  for (let count = 0; count < kills; count++) {
    const person = await enter();
    const answer = erase(person.id).then(
      ({ status }) => status,
      () => 0,
    );
    await pause(Math.random() * 30);
    await killAuth();
    startAuth();
    const status = await answer;
    await gatehouse.ready();
    const isGone = await withClient(
      gatehouse.databases.user,
      async (client) => (await client.query('select from users where id = $1', [person.id])).rowCount === 0,
    );
    if (status === 200) expect(await tracesOf(person)).toEqual([]);
    // what began comes to its end by itself
    else if (isGone) await until('the erasure is at its end', async () => (await tracesOf(person)).length === 0);
    expect(await erase(person.id)).toMatchObject({ status: 200 });
    expect(await tracesOf(person)).toEqual([]);
    expect(withoutText(await search([person.id]))).toEqual(ofTheGone);
  }
}, 300_000);

it('no log holds anything of them', async () => {
  await untilLinesAreWritten();
  const logs = [...processes].map(({ lines, stderr }) => `${JSON.stringify(lines)}${stderr()}`).join('\n');
  expect(people.flatMap(({ marks, secrets }) => [...marks, ...secrets]).filter((text) => logs.includes(text))).toEqual([]);
});
