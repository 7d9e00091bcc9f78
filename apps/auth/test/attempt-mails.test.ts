import { createTestDatabase } from '@gatehouse/postgres/testing';
import { createDatabase, type Database } from '@gatehouse/postgres';
import { createAuthObservability, migrationSets } from '../src/app';
import { type OpenAttempts, openAttempts } from '../src/attempts/open-attempts';
import { configSchema } from '../src/config';
import { createSecurityEvents } from '../src/security-events';
import { inTurn } from './attempts-under-test';

let testDatabase: Awaited<ReturnType<typeof createTestDatabase>>;
let database: Database;
let opened: OpenAttempts;
let now = Date.now();
beforeAll(async () => {
  testDatabase = await createTestDatabase(migrationSets);
  database = createDatabase({ url: testDatabase.url, applicationName: 'test' });
  const config = configSchema.parse({
    AUTH_DATABASE_URL: testDatabase.url,
    AUTH_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
    AUTH_SIGNUP_VERIFICATION: 'off',
    AUTH_MAILS_PER_ACCOUNT: '3',
    AUTH_MAILS_PER_ADDRESS: '6',
    LOG_LEVEL: 'error',
  });
  const observability = createAuthObservability(config);
  opened = openAttempts({ config, observability, database, security: createSecurityEvents(observability), now: () => now });
});
afterAll(async () => {
  await opened.close();
  await database.close();
  await testDatabase.drop();
});

const mayMail = (account: string, address = '192.0.2.1', purpose = 'reset_password') =>
  opened.attempts.mayMail({ account, purpose, client: { address, userAgent: '' } });

it('one email is sent three mails an hour, whoever asks for them and however it is spelt', async () => {
  const asked = await inTurn(5, (index) => mayMail(index % 2 ? 'ada@example.com' : 'Ada@Example.com', `198.51.${index}.1`));
  expect(asked).toEqual([true, true, true, false, false]);
  now += 1_200_000;
  expect([await mayMail('ada@example.com'), await mayMail('ada@example.com')]).toEqual([true, false]);
});

it('from one address six mails an hour can be asked for; those that are not sent do not count for the email', async () => {
  const asked = await inTurn(8, (index) => mayMail(`person-${index}@example.com`, '203.0.113.1'));
  expect(asked).toEqual([...Array(6).fill(true), false, false]);
  expect(await inTurn(3, () => mayMail('person-7@example.com', '203.0.114.1'))).toEqual([true, true, true]);
});

it('sign-ups with one email are sent three mails an hour to each network, and twelve in all: who asks from one place keeps nobody from theirs', async () => {
  const signUps = (times: number, from: (index: number) => string) => inTurn(times, (index) => mayMail('grace@example.com', from(index), 'sign_up'));
  expect(await signUps(5, (index) => `198.51.100.${index}`)).toEqual([true, true, true, false, false]);
  expect(await signUps(1, () => '2001:db8:1::1')).toEqual([true]);
  expect((await signUps(20, (index) => `10.0.${index}.1`)).filter(Boolean)).toHaveLength(8);
  // which are others than those of a reset
  expect(await mayMail('grace@example.com', '198.51.100.1')).toBe(true);
});
