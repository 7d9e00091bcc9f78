import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { logIn, send, signUp } from '../test/support/http';
import { launchChromium } from '../test/support/chromium';
import { freePorts, type Launcher, startLauncher } from '../test/support/launcher';

// docs/figures/look.png is made so: LOOK_FIGURE=docs/figures/look.png
const figure = process.env.LOOK_FIGURE || 'tmp/look.png';
let folder: string;
let launcher: Launcher;
let started: Awaited<ReturnType<Launcher['ready']>>;
let browser: Browser;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse look '));
  chmodSync(folder, 0o711);
  launcher = startLauncher({ GATEHOUSE_DATA_DIR: join(folder, 'data'), ...(await freePorts()) });
  started = await launcher.ready();
  browser = await launchChromium('--disable-lcd-text');
}, 120_000);
afterAll(async () => {
  await browser?.close();
  launcher?.child.kill('SIGTERM');
  await launcher?.exited;
  rmSync(folder, { recursive: true, force: true });
});

const requestRow = (page: Page, name: string, status: string) =>
  page.getByLabel('Requests').locator('tr', { hasText: name }).filter({ hasText: status }).first();

it('somebody signs up, logs in and is refused, and finds each on the page: its waterfall through three services and the database, its lines, and the map', async () => {
  const { url, email, password, look = '' } = started;
  const page = await browser.newPage({ viewport: { width: 1160, height: 880 }, colorScheme: 'light' });
  const hosts = new Set<string>();
  const complaints: string[] = [];
  page.on('request', (request) => request.url().startsWith('data:') || hosts.add(new URL(request.url()).origin));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(look);

  await signUp(url, 'seen@example.com');
  const token = await logIn(url, { email: 'seen@example.com', password: 'correct horse battery' });
  await send(url, 'POST', '/v1/auth/login', { body: { email: 'seen@example.com', password: 'wrong' } });
  for (let call = 0; call < 5; call++) await send(url, 'GET', '/v1/users/me', { token });
  await send(url, 'GET', '/v1/users', { token: await logIn(url, { email, password }) });

  await requestRow(page, 'POST /v1/auth/login', '401').click();
  const trace = page.getByLabel('Trace');
  await trace.getByText('reason=INVALID_CREDENTIALS').first().waitFor();

  await requestRow(page, 'POST /v1/auth/signup', '200').click();
  for (const service of ['gateway', 'auth', 'user']) {
    await trace.locator(`.waterfall [data-service=${service}]`).first().waitFor();
    await trace
      .locator('.lines li', { has: page.locator(`.dot.${service}`) })
      .first()
      .waitFor();
  }
  const statement = trace.locator('.waterfall li', { hasText: 'insert-user' });
  await statement.getByRole('button').click();
  await statement.locator('dd', { hasText: 'gatehouse_user' }).first().waitFor();
  await statement.getByRole('button').click();

  const map = page.getByLabel('Service map');
  for (const edge of ['clients → gateway', 'gateway → auth', 'auth → user', 'user → user database'])
    await map.locator(`[data-edge="${edge}"] text`, { hasText: 'p95' }).waitFor();
  await page.getByLabel('Methods').locator('tr', { hasText: 'POST /v1/auth/login' }).locator('td.refused', { hasText: '1' }).waitFor();
  await page.getByLabel('errors only').check();
  await requestRow(page, 'POST /v1/auth/signup', '200').waitFor({ state: 'detached' });
  expect(await page.getByLabel('Requests').locator('tr').count()).toBeGreaterThan(0);
  await page.getByLabel('errors only').uncheck();
  await requestRow(page, 'POST /v1/auth/signup', '200').waitFor();

  expect(await page.content()).not.toContain(password);
  expect([...hosts]).toEqual([look]);
  expect(complaints).toEqual([]);
  await requestRow(page, 'POST /v1/auth/login', '200').click();
  await trace
    .locator('.lines li', { has: page.locator('.dot.user') })
    .first()
    .waitFor();
  await page.evaluate('scrollTo(0, 0)');
  mkdirSync(dirname(figure), { recursive: true });
  await page.screenshot({ path: figure });
});

it('a page elsewhere in the same browser can neither read it nor send to it', async () => {
  const { url, look = '' } = started;
  const page = await browser.newPage();
  await page.goto(`${url}/healthz`);
  const reach = (path: string, init: object) =>
    page.evaluate(async ([target, options]) => (await fetch(target as string, options as RequestInit).catch(() => undefined))?.type ?? 'failed', [
      look + path,
      init,
    ] as const);
  expect(await reach('/api/now', {})).toBe('failed');
  expect(await reach('/v1/traces', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })).toBe('failed');
});
