import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../test/support/chromium';
import { addApp } from '../test/support/factors';
import { type Gatehouse, startGatehouse } from '../test/support/gatehouse';
import { signUp } from '../test/support/http';

let gatehouse: Gatehouse;
let browser: Browser;
beforeAll(async () => {
  gatehouse = await startGatehouse();
  browser = await launchChromium();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await gatehouse?.close();
});

/** A page that remembers what it asked for, and what the browser held against it. */
async function openPage(): Promise<{ page: Page; hosts: Set<string>; complaints: string[] }> {
  const page = await browser.newPage();
  const hosts = new Set<string>();
  const complaints: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:') hosts.add(url.origin);
  });
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, hosts, complaints };
}

it('a person logs in on the page of the documentation and tries a call, and nothing leaves for another host', async () => {
  const { page, hosts, complaints } = await openPage();
  await page.goto(`${gatehouse.url}/docs`);
  await page.fill('#login [name=email]', gatehouse.administrator.email);
  await page.fill('#login [name=password]', gatehouse.administrator.password);
  await page.click('#login button');
  await page.getByText(`logged in as ${gatehouse.administrator.email}`).waitFor();

  const operation = page.locator('#operations-UserService-UserService_GetUser');
  await operation.locator('.opblock-summary-control').click();
  await operation.locator('input[placeholder^="id"]').fill('me');
  const [answer] = await Promise.all([page.waitForResponse(`${gatehouse.url}/v1/users/me`), operation.locator('.execute').click()]);
  expect([answer.status(), ((await answer.json()) as { email: string }).email]).toEqual([200, gatehouse.administrator.email]);
  await operation.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();

  expect([...hosts]).toEqual([gatehouse.url]);
  expect(complaints).toEqual([]);
});

it('says on the page why somebody was not let in', async () => {
  const { page, hosts } = await openPage();
  await page.goto(`${gatehouse.url}/docs`);
  await page.fill('#login [name=email]', gatehouse.administrator.email);
  await page.fill('#login [name=password]', 'wrong');
  await page.click('#login button');
  await page.getByText('the email or the password is wrong').waitFor();
  expect([...hosts]).toEqual([gatehouse.url]);
});

it('asks on the page for the code of who has an authenticator app, and takes a recovery code too', async () => {
  const [email, password] = ['ada@example.com', 'correct horse battery'];
  const { body } = await signUp(gatehouse.url, email, password);
  const { recoveryCodes, nextCode } = await addApp(gatehouse.url, body.accessToken);
  const { page, hosts } = await openPage();
  await page.goto(`${gatehouse.url}/docs`);
  const code = page.locator('#login [name=code]');
  const begin = async () => {
    await page.fill('#login [name=email]', email);
    await page.fill('#login [name=password]', password);
    expect(await code.isVisible()).toBe(false);
    await page.click('#login button');
    await page.getByText('enter the code of your authenticator app, or a recovery code').waitFor();
  };
  await begin();
  await code.fill('not a code');
  await page.click('#login button');
  await page.getByText('the code is wrong').waitFor();
  await code.fill(nextCode());
  await page.click('#login button');
  await page.getByText(`logged in as ${email}`).waitFor();
  await begin();
  await code.fill(recoveryCodes[0]!);
  await page.click('#login button');
  await page.getByText(`logged in as ${email}`).waitFor();
  expect([await code.isVisible(), await page.inputValue('#login [name=password]'), await code.inputValue()]).toEqual([false, '', '']);
  expect([...hosts]).toEqual([gatehouse.url]);
});
