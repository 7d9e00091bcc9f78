import { build } from 'esbuild';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Gatehouse, startGatehouse } from './support/gatehouse';
import { startValidatingProxy, type ValidatingProxy } from './support/validating-proxy';

const workspace = resolve(__dirname, '../../..');
let gatehouse: Gatehouse;
let proxy: ValidatingProxy;
let folder: string;
beforeAll(async () => {
  gatehouse = await startGatehouse();
  proxy = await startValidatingProxy(gatehouse.url);
  mkdirSync(join(workspace, 'tmp'), { recursive: true });
  folder = mkdtempSync(join(workspace, 'tmp', 'client-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await proxy.close();
  await gatehouse.close();
});

// what an application would write: no type of it is ours
const flow = `import createClient from 'openapi-fetch';
import type { paths } from './openapi';

const [, , url, email, password] = process.argv as string[];
let token = '';
const client = createClient<paths>({ baseUrl: url });
client.use({
  onRequest: ({ request }) => {
    if (token) request.headers.set('authorization', \`Bearer \${token}\`);
    return request;
  },
});

async function main() {
  const signedUp = await client.POST('/v1/auth/signup', { body: { email: 'ada@example.com', password: 'correct horse battery', displayName: 'Ada' } });
  const id: string = signedUp.data!.user!.id!;
  const again = await client.POST('/v1/auth/signup', { body: { email: 'ada@example.com', password: 'correct horse battery' } });
  if (again.error?.reason !== 'EMAIL_TAKEN') throw new Error('the problem is not typed as it came');
  token = signedUp.data!.accessToken!;
  const me = await client.GET('/v1/users/{id}', { params: { path: { id: 'me' } } });
  const changed = await client.PATCH('/v1/users/{id}', { params: { path: { id: 'me' }, header: { 'If-Match': me.response.headers.get('etag')! } }, body: { displayName: 'Ada L.' } });
  const stale = await client.PATCH('/v1/users/{id}', { params: { path: { id }, header: { 'If-Match': me.response.headers.get('etag')! } }, body: { displayName: 'B' } });
  const refused = await client.GET('/v1/users', { params: { query: { pageSize: 10 } } });
  const loggedIn = await client.POST('/v1/auth/login', { body: { email: email!, password: password! } });
  token = loggedIn.data!.accessToken!;
  const listed = await client.GET('/v1/users', { params: { query: { pageSize: 10 } } });
  const keys = await client.GET('/.well-known/jwks.json');
  console.log(JSON.stringify({ me: me.data, changed: changed.data?.displayName, stale: [stale.response.status, stale.error?.reason], refused: refused.response.status, listed: listed.data?.users?.length, keys: keys.data?.keys?.length }));
}
void main();
`;

it('a client that is generated from the document compiles and does everything, and nothing goes by that the document does not say', async () => {
  const run = (...args: string[]) => spawnSync(process.execPath, args, { encoding: 'utf8', cwd: workspace });
  writeFileSync(join(folder, 'openapi.json'), await (await fetch(`${gatehouse.url}/openapi.json`)).text());
  writeFileSync(join(folder, 'flow.ts'), flow);
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { strict: true, target: 'es2022', types: ['node'], module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true, noEmit: true },
      files: ['flow.ts'],
    }),
  );
  expect(run('node_modules/openapi-typescript/bin/cli.js', join(folder, 'openapi.json'), '-o', join(folder, 'openapi.d.ts')).stderr).toBe('');
  expect(run('node_modules/typescript/bin/tsc', '-p', folder).stdout).toBe('');
  await build({ entryPoints: [join(folder, 'flow.ts')], bundle: true, platform: 'node', format: 'cjs', outfile: join(folder, 'flow.cjs'), tsconfigRaw: {} });
  const { email, password } = gatehouse.administrator;
  // beside this process, in which the proxy is: it must not be waited for
  const output = await new Promise<string>((done, fail) => {
    const child = spawn(process.execPath, [join(folder, 'flow.cjs'), proxy.url, email, password], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.once('close', (code) => (code === 0 ? done(text) : fail(new Error(`the client ended with ${code}`))));
  });
  expect(JSON.parse(output)).toEqual({
    me: expect.objectContaining({ email: 'ada@example.com', displayName: 'Ada' }),
    changed: 'Ada L.',
    stale: [412, 'ETAG_MISMATCH'],
    refused: 403,
    listed: 2,
    keys: 1,
  });
  expect(proxy.deviations).toEqual([]);
}, 60_000);
