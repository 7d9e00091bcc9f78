import { AppError } from '@gatehouse/errors';
import { connectEcho, echoPath, serveEcho } from './echo-service';
import { observe, readSeries } from './observed';

const notFound = () => new AppError({ code: 'NOT_FOUND', reason: 'USER_NOT_FOUND', domain: 'user.gatehouse', message: 'no such user' });

describe('metrics', () => {
  it('count calls by method and code on both sides', async () => {
    const [user, gateway] = [observe('user'), observe('gateway')];
    let active: number | undefined;
    const server = await serveEcho(async (message) => {
      active = await readSeries(user, `rpc_server_active_calls{rpc_method="${echoPath}"}`);
      if (message.value) throw notFound();
      return message;
    }, user);
    const client = connectEcho(server.target, gateway);
    try {
      await client.echo('');
      await client
        .echo('')
        .then(() => client.echo('x'))
        .catch(() => {});
      expect(await readSeries(user, `rpc_server_call_duration_seconds_count{rpc_method="${echoPath}",rpc_status_code="OK"}`)).toBe(2);
      expect(await readSeries(user, `rpc_server_call_duration_seconds_count{rpc_method="${echoPath}",rpc_status_code="NOT_FOUND"}`)).toBe(1);
      expect(await readSeries(gateway, `rpc_client_call_duration_seconds_count{rpc_method="${echoPath}",rpc_status_code="OK"}`)).toBe(2);
      expect(await readSeries(gateway, `rpc_client_call_duration_seconds_count{rpc_method="${echoPath}",rpc_status_code="NOT_FOUND"}`)).toBe(1);
      expect([active, await readSeries(user, `rpc_server_active_calls{rpc_method="${echoPath}"}`)]).toEqual([1, 0]);
    } finally {
      client.close();
      await server.close();
      await Promise.all([user.close(), gateway.close()]);
    }
  });

  it('count a call once, and apart from it each attempt that was made again', async () => {
    const [user, gateway] = [observe('user'), observe('gateway')];
    let failures = 2;
    const unavailable = () => new AppError({ code: 'UNAVAILABLE', reason: 'UNAVAILABLE', domain: 'gatehouse', message: 'later' });
    const server = await serveEcho((message) => (failures-- > 0 ? Promise.reject(unavailable()) : Promise.resolve(message)), user);
    const client = connectEcho(server.target, gateway);
    const budget = () => readSeries(gateway, `rpc_client_retry_budget_ratio{target="${server.target}"}`);
    const isReady = () => readSeries(gateway, `rpc_client_channel_state{target="${server.target}",state="ready"}`);
    expect([await isReady(), await budget()]).toEqual([0, 1]);
    await client.echo('x');
    expect(await readSeries(gateway, `rpc_client_call_duration_seconds_count{rpc_method="${echoPath}",rpc_status_code="OK"}`)).toBe(1);
    expect(await readSeries(gateway, `rpc_client_retries_total{rpc_method="${echoPath}",rpc_status_code="UNAVAILABLE"}`)).toBe(2);
    expect(await budget()).toBeCloseTo(0.962);
    expect([await isReady(), await readSeries(gateway, `rpc_client_channel_state{target="${server.target}",state="idle"}`)]).toEqual([1, 0]);
    client.close();
    expect([await isReady(), await readSeries(gateway, `rpc_client_channel_state{target="${server.target}",state="shutdown"}`)]).toEqual([0, 1]);
    await server.close();
    await Promise.all([user.close(), gateway.close()]);
  });

  it('count the calls that a server refuses because it has enough', async () => {
    const [user, gateway] = [observe('user'), observe('gateway')];
    const held = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const server = await serveEcho((message) => (begun.resolve(), held.promise.then(() => message)), user, {}, { maxInFlight: 1 });
    const client = connectEcho(server.target, gateway);
    const first = client.echo('first');
    await begun.promise;
    expect(await readSeries(user, `rpc_server_shed_calls_total{rpc_method="${echoPath}"}`)).toBe(0);
    await expect(client.echo('second')).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    held.resolve();
    await first;
    expect(await readSeries(user, `rpc_server_shed_calls_total{rpc_method="${echoPath}"}`)).toBe(1);
    client.close();
    await server.close();
    await Promise.all([user.close(), gateway.close()]);
  });

  it('count the HTTP requests that are being answered, and those refused because too many are', async () => {
    const gateway = observe('gateway');
    const active = () => readSeries(gateway, 'http_server_active_requests{http_request_method="GET"}');
    const request = gateway.http.start({ method: 'GET', path: '/', requestId: 'r', headers: {} });
    expect(await active()).toBe(1);
    request.shed!('overflow');
    request.end({ status: 429, route: undefined });
    expect([
      await active(),
      await readSeries(gateway, 'http_server_shed_requests_total{reason="overflow"}'),
      await readSeries(gateway, 'http_server_shed_requests_total{reason="flood"}'),
    ]).toEqual([0, 1, 0]);
    await gateway.close();
  });

  it('measure in seconds', async () => {
    const user = observe('user');
    await user.postgres.query({ name: 'sleep', text: 'select pg_sleep(0.1)', database: 'd' }, () => new Promise((resolve) => setTimeout(resolve, 100)));
    const sum = await readSeries(user, 'db_client_operation_duration_seconds_sum{db_operation_name="sleep",error_type=""}');
    expect(sum).toBeGreaterThan(0.09);
    expect(sum).toBeLessThan(2);
    await user.close();
  });

  it('put what has no name of ours into _OTHER', async () => {
    const gateway = observe('gateway');
    for (const method of ['BREW', 'STEEP'])
      gateway.http.start({ method, path: `/${method}`, requestId: 'r', headers: {} }).end({ status: 404, route: undefined });
    const count = await readSeries(
      gateway,
      'http_server_request_duration_seconds_count{http_request_method="_OTHER",http_route="_OTHER",http_response_status_code="404"}',
    );
    expect(count).toBe(2);
    expect((await gateway.metrics()).body).not.toMatch(/BREW|STEEP/);
    await gateway.close();
  });

  it('tell an operating system error from a SQLSTATE', async () => {
    const user = observe('user');
    const broken = new AppError({
      code: 'UNAVAILABLE',
      reason: 'UNAVAILABLE',
      domain: 'api.gatehouse',
      message: 'm',
      cause: Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }),
    });
    await user.postgres.query({ name: 'find', text: 'select 1', database: 'd' }, () => Promise.reject(broken)).catch(() => {});
    expect(await readSeries(user, 'db_client_operation_duration_seconds_count{db_operation_name="find",error_type="UNAVAILABLE"}')).toBe(1);
    await user.close();
  });

  it('tell the state of every pool, and how long a connection of it was waited for', async () => {
    const user = observe('user');
    const stats = { size: 3, idle: 1, max: 10, waiting: 2 };
    user.postgres.openPool!({ name: 'user', stats: () => stats });
    user.postgres.openPool!({ name: 'audit', stats: () => ({ size: 1, idle: 1, max: 2, waiting: 0 }) });
    const read = async (pool: string) => {
      const label = `db_client_connection_pool_name="${pool}"`;
      const series = [
        `db_client_connections{${label},db_client_connection_state="used"}`,
        `db_client_connections{${label},db_client_connection_state="idle"}`,
        `db_client_connection_max{${label}}`,
        `db_client_connection_pending_requests{${label}}`,
      ];
      return Promise.all(series.map((each) => readSeries(user, each)));
    };
    expect(await read('user')).toEqual([2, 1, 10, 2]);
    expect(await read('audit')).toEqual([0, 1, 2, 0]);
    stats.waiting = 0;
    expect(await read('user')).toEqual([2, 1, 10, 0]);
    expect(await user.postgres.acquire!('user', async () => 'connection')).toBe('connection');
    expect(await readSeries(user, 'db_client_connection_wait_time_seconds_count{db_client_connection_pool_name="user",error_type=""}')).toBe(1);
    await user.close();
  });

  it('tell what runs and how its runtime fares', async () => {
    const user = observe('user');
    expect(await readSeries(user, `gatehouse_build_info{service="user",version="1.2.3",node_version="${process.version}"}`)).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const end = Date.now() + 150;
    while (Date.now() < end);
    await new Promise((resolve) => setTimeout(resolve, 30));
    // to whoever asks, and not to the first alone
    for (const _scraper of ['one', 'another']) {
      expect(await readSeries(user, 'nodejs_eventloop_delay_p99_seconds')).toBeGreaterThan(0.05);
      expect(await readSeries(user, 'nodejs_eventloop_utilization_ratio')).toBeGreaterThan(0);
    }
    for (const series of [
      'process_resident_memory_bytes',
      'nodejs_heap_used_bytes',
      'nodejs_heap_limit_bytes',
      'process_cpu_seconds_total',
      'nodejs_eventloop_time_seconds_total{nodejs_eventloop_state="active"}',
      'process_start_time_seconds',
    ])
      expect(await readSeries(user, series)).toBeGreaterThan(0);
    expect(await readSeries(user, 'log_dropped_total')).toBe(0);
    await user.close();
  });

  it('are text in which each series has help, type and a name that fits its type', async () => {
    const user = observe('user');
    user.postgres.openPool!({ name: 'user', stats: () => ({ size: 0, idle: 0, max: 1, waiting: 0 }) });
    const { contentType, body } = await user.metrics();
    await user.close();
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    const types = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!] as const);
    expect(new Set(types.map(([name]) => name)).size).toBe(types.length);
    for (const [name, type] of types) {
      expect(body).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'));
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      // what `promtool check metrics` holds against prom-client's own set
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      expect(name).not.toMatch(/_(count|sum|bucket|gauge|counter|histogram)$/);
    }
    for (const line of body.split('\n')) expect(line).toMatch(/^(#.*|[a-z0-9_]+(\{([a-z_]+="[^"]*",?)+\})? [-+.\de]+|)$/);
  });

  it('are of each process alone', async () => {
    const [one, two] = [observe('one'), observe('two')];
    one.http.start({ method: 'GET', path: '/', requestId: 'r', headers: {} }).end({ status: 200, route: '/' });
    expect((await two.metrics()).body).not.toContain('http_request_method="GET"');
    await Promise.all([one.close(), two.close()]);
  });
});
