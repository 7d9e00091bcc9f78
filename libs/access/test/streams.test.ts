import type { AppError } from '@gatehouse/errors';
import { createChannel, createClient } from '@gatehouse/rpc';
import { startTestServer, type TestServer } from '@gatehouse/rpc/testing';
import { createAccess, createTokenVerifier } from '../src';
import { createTestIssuer, type TestIssuer } from '../src/testing';
import { descriptorSet } from './gen/descriptor-set';
import { CorridorServiceDefinition, type Request } from './gen/test/access/v1/access';

const descriptorSets = [descriptorSet];
const realm = { issuer: 'https://gatehouse.test', audience: 'gatehouse' };
const ada = '018f0000-0000-7000-8000-000000000001';
const other = '018f0000-0000-7000-8000-000000000002';

let issuer: TestIssuer;
let server: TestServer;
let channel: ReturnType<typeof createChannel>;
let entered = 0;

beforeAll(async () => {
  issuer = await createTestIssuer(realm);
  const verifier = createTokenVerifier({ ...realm, service: 'door', keys: issuer.keys, revocations: undefined });
  const walk = async function* (requests: AsyncIterable<Request>) {
    entered++;
    for await (const _request of requests) yield {};
  };
  server = await startTestServer(CorridorServiceDefinition, { walk }, { descriptorSets, access: (methods) => createAccess({ verifier, methods }) });
  channel = createChannel({ target: server.target, descriptorSets });
});
beforeEach(() => (entered = 0));
afterAll(async () => {
  channel.close();
  await server.close();
});

const until = async (condition: () => boolean) => {
  for (const start = Date.now(); !condition(); await new Promise((resolve) => setTimeout(resolve, 5)))
    if (Date.now() - start > 5_000) throw new Error('it did not happen');
};

/** Walks with these requests, and then stays; gives how many responses came and how it ended. */
async function walk(token: string | undefined, ids: string[]): Promise<{ responses: number; reason: string }> {
  const requests = async function* () {
    for (const id of ids) yield { person: { id } };
    await new Promise(() => {});
  };
  let responses = 0;
  try {
    for await (const _ of createClient(CorridorServiceDefinition, channel).walk(requests(), { metadata: token ? { authorization: `Bearer ${token}` } : {} }))
      responses++;
    return { responses, reason: 'OK' };
  } catch (error) {
    return { responses, reason: (error as AppError).reason };
  }
}

describe('a stream of requests', () => {
  it('is refused at its headers without a good token, though no request came', async () => {
    expect(await walk(undefined, [])).toEqual({ responses: 0, reason: 'TOKEN_MISSING' });
    expect(await walk('rubbish', [])).toEqual({ responses: 0, reason: 'TOKEN_INVALID' });
    expect(entered).toBe(0);
  });

  it('is refused by its first request when that names somebody else', async () => {
    const token = await issuer.accessToken({ id: ada });
    expect(await walk(token, [other])).toEqual({ responses: 0, reason: 'PERMISSION_DENIED' });
    expect(entered).toBe(0);
  });

  it('begins before any request where no request need be asked', async () => {
    const token = await issuer.accessToken({ id: ada, permissions: ['doors.enter'] });
    void walk(token, []);
    await until(() => entered === 1);
  });

  it('ends with the token that it began with', async () => {
    const token = await issuer.accessToken({ id: ada, expiresInSeconds: 2 });
    const begin = Date.now();
    expect(await walk(token, [ada, ada])).toEqual({ responses: 2, reason: 'TOKEN_EXPIRED' });
    expect(Date.now() - begin).toBeLessThan(3_000);
  });
});
