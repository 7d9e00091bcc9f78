import { createTransport } from 'nodemailer';
import type { MailDetail, MailSummary } from '../src/answers';
import { eventually, type LookUnderTest, startLook } from './look-under-test';

let under: LookUnderTest;
let smtpUrl: string;
beforeAll(async () => {
  under = await startLook();
  smtpUrl = await under.look.takeMails();
});
afterAll(() => under.close());

const send = async (subject: string, html = '<html><head></head><body><a href="https://shop.example/go">go</a></body></html>', text = 'go') => {
  const transport = createTransport(smtpUrl);
  await transport.sendMail({ from: 'no-reply@shop.example', to: 'ada@example.com', subject, text, html });
  transport.close();
};
const list = async () => JSON.parse((await under.ask('GET', '/api/mails')).body.toString()) as MailSummary[];

it('a mail that is sent is shown, with its links, and runs nothing', async () => {
  await send('Confirm your email address');
  const [mail] = await eventually('the mail', async () => (await list()).length > 0 && (await list()));
  expect(mail).toMatchObject({ from: 'no-reply@shop.example', to: 'ada@example.com', subject: 'Confirm your email address' });
  const detail = JSON.parse((await under.ask('GET', `/api/mails/${mail!.id}`)).body.toString()) as MailDetail;
  expect(detail).toMatchObject({ text: expect.stringMatching(/^go\s*$/), html: expect.stringContaining('https://shop.example/go') });
  const { status, headers, body } = await under.ask('GET', `/mails/${mail!.id}`);
  expect(status).toBe(200);
  expect(headers['content-security-policy']).toMatch(/^default-src 'none';.* sandbox allow-popups allow-popups-to-escape-sandbox$/);
  expect(headers['content-security-policy']).not.toMatch(/allow-scripts|allow-same-origin|script-src/);
  expect(body.toString()).toContain('<base target="_blank">');
});

it('the last two hundred are held, and none that is very large', async () => {
  await expect(send('large', 'x'.repeat(1_200_000))).rejects.toMatchObject({ responseCode: 552 });
  for (let count = 0; count < 205; count += 5) await Promise.all(Array.from({ length: 5 }, (_, index) => send(`mail ${count + index}`)));
  const subjects = (await list()).map(({ subject }) => subject);
  expect(subjects).toHaveLength(200);
  expect(subjects).not.toContain('large');
  expect(subjects).not.toContain('Confirm your email address');
});

it('other pages get no mail', async () => {
  for (const path of ['/api/mails', `/mails/${(await list())[0]!.id}`])
    expect((await under.ask('GET', path, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).status).toBe(403);
});

it('a mail that is not there is not there', async () => {
  expect((await under.ask('GET', '/mails/00000000-0000-4000-8000-000000000000')).status).toBe(404);
});
