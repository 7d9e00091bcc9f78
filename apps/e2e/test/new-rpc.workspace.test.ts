import { createTestCollector, type TestCollector } from '@gatehouse/observability/testing';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeScratchClone, type ScratchClone } from '@gatehouse/scratch-clone';
import { type Gatehouse, startGatehouse } from './support/gatehouse';
import { logIn, send } from './support/http';
import { traceIdOf, waitForTrees } from './support/trace-tree';

let clone: ScratchClone;
let collector: TestCollector;
let gatehouse: Gatehouse | undefined;
beforeAll(async () => {
  clone = makeScratchClone('new rpc');
  collector = await createTestCollector();
});
afterAll(async () => {
  await gatehouse?.close();
  await collector.close();
  clone.remove();
});

function edit(file: string, before: string, added: string): void {
  const path = join(clone.folder, file);
  const text = readFileSync(path, 'utf8');
  if (!text.includes(before)) throw new Error(`${file} has no "${before}" any more`);
  writeFileSync(path, text.replace(before, `${added}${before}`));
}

it('an RPC that is added to a proto, and its method to a service, is reached over HTTP, documented and traced', async () => {
  edit(
    'proto/gatehouse/user/v1/user.proto',
    '  // Lists people page by page',
    `  // Says how many people there are on the first page.
  rpc CountUsers(CountUsersRequest) returns (CountUsersResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (google.api.http) = {get: "/v1/users:count"};
    option (gatehouse.api.v1.access) = {
      permission: {permission: "users.read"}
    };
  }

  // Counts the people, again and again.
  rpc StreamCounts(StreamCountsRequest) returns (stream StreamCountsResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (google.api.http) = {get: "/v1/users:streamCounts"};
    option (gatehouse.api.v1.access) = {
      permission: {permission: "users.read"}
    };
  }

`,
  );
  edit(
    'proto/gatehouse/user/v1/user.proto',
    'message ListUsersRequest {',
    'message CountUsersRequest {}\n\nmessage CountUsersResponse {\n  // How many.\n  int32 count = 1;\n}\n\nmessage StreamCountsRequest {}\n\nmessage StreamCountsResponse {\n  // How many.\n  int32 count = 1;\n}\n\n',
  );
  edit(
    'apps/user/src/user-service.ts',
    '    ...createReads(loader),',
    `    countUsers: async () => ({ count: (await database.read.query({ name: 'count-users', text: 'select from users limit 200' })).length }),
    async *streamCounts() {
      for (let round = 0; round < 3; round++) yield { count: (await database.read.query({ name: 'count-users', text: 'select from users limit 200' })).length };
    },
`,
  );
  clone.nx('run-many', '-t', 'build', '-p', 'tag:type:service');

  gatehouse = await startGatehouse({ bundles: join(clone.folder, 'dist/apps'), env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
  const { url, administrator } = gatehouse;
  expect((await send(url, 'GET', '/v1/users:count')).status).toBe(401);
  const { status, body } = await send(url, 'GET', '/v1/users:count', { token: await logIn(url, administrator) });
  expect([status, body]).toEqual([200, { count: 1 }]);

  const { body: document } = await send(url, 'GET', '/openapi.json');
  expect(document.paths['/v1/users:count'].get).toMatchObject({
    operationId: 'UserService_CountUsers',
    responses: { 200: expect.anything(), 401: expect.anything(), 403: expect.anything() },
  });

  const spans = await collector.waitForSpans(({ name }) => name.includes('CountUsers') || name === 'GET /v1/users:count', 4);
  expect(spans.map(({ serviceName, kind, name }) => `${serviceName} ${kind.toLowerCase()} ${name}`)).toEqual(
    expect.arrayContaining([
      'gateway server GET /v1/users:count',
      'gateway client gatehouse.user.v1.UserService/CountUsers',
      'user server gatehouse.user.v1.UserService/CountUsers',
    ]),
  );
  await expectWholeTracesOfStreams(await logIn(url, administrator));
}, 240_000);

/** A hundred streams as lines of JSON and a hundred as events. */
async function expectWholeTracesOfStreams(token: string): Promise<void> {
  const tree = [
    'gateway server GET /v1/users:streamCounts',
    '  gateway client gatehouse.user.v1.UserService/StreamCounts',
    '    user server gatehouse.user.v1.UserService/StreamCounts',
    ...Array<string>(3).fill('      user client count-users'),
  ];
  for (const type of ['application/x-ndjson', 'text/event-stream']) {
    const traceIds: string[] = [];
    for (let index = 0; index < 100; index++) {
      const answer = await fetch(`${gatehouse!.url}/v1/users:streamCounts`, { headers: { authorization: `Bearer ${token}`, accept: type } });
      const text = await answer.text();
      expect([answer.headers.get('content-type'), text.match(/"count":1/g)?.length]).toEqual([expect.stringContaining(type), 3]);
      traceIds.push(traceIdOf(answer.headers));
    }
    expect(await waitForTrees(collector, traceIds, tree.length)).toEqual(Array(100).fill(tree));
  }
}
