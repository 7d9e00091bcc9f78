import { createObservability, type ObservabilityOptions } from '../../src';

const [otlpEndpoint, protocol] = process.argv.slice(2);
const observability = createObservability({
  service: 'bundled',
  version: '1',
  logLevel: 'info',
  otlpEndpoint,
  otlpProtocol: protocol as ObservabilityOptions['otlpProtocol'],
});

async function run() {
  const observation = observability.http.start({ method: 'GET', path: '/', requestId: 'r', headers: {} });
  await observation.run(() => observability.postgres.query({ name: 'find', text: 'select 1', database: 'd' }, async () => 1));
  observation.end({ status: 200, route: '/' });
  await observability.close();
}

void run();
