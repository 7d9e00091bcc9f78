import { createAccess, createTokenVerifier } from '@gatehouse/access';
import { createTestIssuer, createTestRevocations } from '@gatehouse/access/testing';
import { descriptorSet, VerifierServiceDefinition } from '@gatehouse/contracts/verifier';
import { createTestCollector } from '@gatehouse/observability/testing';
import { bindService, createRpcServer } from '@gatehouse/rpc';

/** What the process tells the bench. */
export interface NeighboursIntroduction {
  /** Of VerifierService. */
  readonly target: string;
  readonly issuer: string;
  readonly otlpEndpoint: string;
  /** May create, import and read anybody. */
  readonly token: string;
}

/** How many spans have come, by the name of their service. */
export interface SpansQuestion {
  readonly ask: 'spans';
}

const realm = { issuer: 'https://gatehouse.test', audience: 'gatehouse' };
const administrator = '018f0000-0000-7000-8000-000000000009';

/** What user and gateway ask and tell beside each other: keys of the tokens, as `auth` gives them, and an OTLP collector. */
export async function startNeighbours(): Promise<{ introduction: NeighboursIntroduction; close: () => Promise<void> }> {
  const issuer = await createTestIssuer(realm);
  const verifier = createTokenVerifier({ ...realm, keys: issuer.keys, service: 'auth', revocations: undefined });
  const collector = await createTestCollector();
  const server = createRpcServer({
    services: [bindService(VerifierServiceDefinition, { getJwks: async () => issuer.jwks, watchRevocations: createTestRevocations().watch })],
    descriptorSets: [descriptorSet],
    access: (methods) => createAccess({ verifier, methods }),
  });
  const port = await server.listen('127.0.0.1', 0);
  server.setServing(true);
  process.on('message', ({ ask }: SpansQuestion) => {
    if (ask !== 'spans') return;
    const counts: Record<string, number> = {};
    for (const { serviceName } of collector.spans) counts[serviceName] = (counts[serviceName] ?? 0) + 1;
    process.send!(counts);
  });
  const token = await issuer.accessToken({
    id: administrator,
    permissions: ['users.create', 'users.read', 'users.import', 'roles.escalate'],
    expiresInSeconds: 86_400,
  });
  return {
    introduction: { target: `127.0.0.1:${port}`, issuer: realm.issuer, otlpEndpoint: collector.url, token },
    async close() {
      await server.drain(1_000);
      await collector.close();
    },
  };
}
