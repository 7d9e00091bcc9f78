import { createTestIssuer, createTestRevocations } from '@gatehouse/access/testing';
import { descriptorSet, VerifierServiceDefinition } from '@gatehouse/contracts/verifier';
import { startTestServer, type TestServer } from '@gatehouse/rpc/testing';
import { createGatewayApp, type GatewayApp } from '../src/app';
import { configSchema } from '../src/config';
import { servedPackages } from '../src/served-packages';

const realm = { issuer: 'https://gatehouse.test', audience: 'gatehouse' };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const upstreamsAt = (target: string) => servedPackages.map((name) => `${name}=${target}`).join(',');
const configOf = (settings: Record<string, string>) =>
  configSchema.parse({ GATEWAY_HTTP_PORT: '0', GATEWAY_ADMIN_PORT: '0', GATEHOUSE_ISSUER: realm.issuer, LOG_LEVEL: 'error', ...settings });

async function start(settings: Record<string, string>): Promise<GatewayApp> {
  const app = createGatewayApp(configOf(settings));
  closing.push(() => app.close());
  await app.listen();
  return app;
}

async function serveKeys(port = 0): Promise<TestServer> {
  const { jwks } = await createTestIssuer(realm);
  const server = await startTestServer(
    VerifierServiceDefinition,
    { getJwks: async () => jwks, watchRevocations: createTestRevocations().watch },
    { descriptorSets: [descriptorSet], port },
  );
  closing.push(() => server.close());
  return server;
}

const statusOf = async (url: string) => (await fetch(url)).status;
const until = async (condition: () => Promise<boolean>) => {
  const start = Date.now();
  while (!(await condition())) {
    if (Date.now() - start > 5_000) throw new Error('it did not happen within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return Date.now() - start;
};

it('is alive and not ready without keys, says 503 to tokens, and heals within two seconds of their coming', async () => {
  const first = await serveKeys();
  await first.close();
  const app = await start({ GATEWAY_UPSTREAMS: upstreamsAt(first.target) });
  const admin = `http://127.0.0.1:${app.adminPort}`;
  const http = `http://127.0.0.1:${app.httpPort}`;
  expect([await statusOf(`${admin}/livez`), await statusOf(`${admin}/readyz`), await statusOf(`${http}/healthz`)]).toEqual([200, 503, 503]);
  const { accessToken } = await createTestIssuer(realm);
  const answer = await fetch(`${http}/v1/users/me`, {
    headers: { authorization: `Bearer ${await accessToken({ id: '018f0000-0000-7000-8000-000000000001' })}` },
  });
  expect([answer.status, ((await answer.json()) as { reason: string }).reason]).toEqual([503, 'UNAVAILABLE']);

  await serveKeys(first.port);
  expect(await until(async () => (await statusOf(`${admin}/readyz`)) === 200)).toBeLessThan(2_000);
  expect(await statusOf(`${http}/healthz`)).toBe(200);
});

it('serves the published keys from the contract, with no route of its own', async () => {
  const server = await serveKeys();
  const app = await start({ GATEWAY_UPSTREAMS: upstreamsAt(server.target) });
  const answer = await fetch(`http://127.0.0.1:${app.httpPort}/.well-known/jwks.json`);
  expect([answer.status, await answer.json()]).toMatchObject([200, { keys: [{ kty: 'OKP', crv: 'Ed25519' }] }]);
});

it('does not start without an upstream for each package, or on a port that is taken', async () => {
  expect(() => createGatewayApp(configOf({ GATEWAY_UPSTREAMS: 'gatehouse.verifier.v1=127.0.0.1:1' }))).toThrow('gatehouse.user.v1');
  expect(() => createGatewayApp(configOf({ GATEWAY_UPSTREAMS: 'gatehouse.user.v1=127.0.0.1:1' }))).toThrow('gatehouse.verifier.v1');
  const server = await serveKeys();
  const first = await start({ GATEWAY_UPSTREAMS: upstreamsAt(server.target) });
  const second = start({ GATEWAY_UPSTREAMS: upstreamsAt(server.target), GATEWAY_HTTP_PORT: String(first.httpPort) });
  await expect(second).rejects.toThrow(new RegExp(`GATEWAY_HTTP_PORT: .*port ${first.httpPort} is taken`));
});
