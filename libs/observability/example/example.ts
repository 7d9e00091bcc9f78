// An HTTP server that tells of itself: a log line and a span for each request, and metrics to scrape.
import { createObservability } from '@gatehouse/observability';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter } from 'prom-client';

/** Listens on a free port; gives the URL, and what stops it. */
async function listen(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => new Promise<void>((resolve) => void server.close(() => resolve()).closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

async function main() {
  // stands for a collector of OpenTelemetry, which listens on port 4318
  const collector = await listen(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString()) as { resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[] };
    for (const { scopeSpans } of resourceSpans) for (const { spans } of scopeSpans) console.log('span', ...spans.map(({ name }) => name));
    response.setHeader('content-type', 'application/json').end('{}');
  });

  const telemetry = createObservability({
    service: 'shop',
    version: '1.0.0',
    logLevel: 'info',
    otlpEndpoint: collector.url,
    otlpProtocol: 'http/json',
  });
  const orders = new Counter({ name: 'orders_total', help: 'Orders taken', registers: [telemetry.registry] });

  const shop = await listen(async (request, response) => {
    const { method = '', url: path = '', headers } = request;
    if (path === '/metrics') {
      const { contentType, body } = await telemetry.metrics(headers.accept);
      return void response.setHeader('content-type', contentType).end(body);
    }
    const observation = telemetry.http.start({ method, path, headers, requestId: 'r1' });
    observation.run(() => {
      orders.inc();
      telemetry.logger.info('order taken');
      response.end('thank you\n');
    });
    observation.end({ status: response.statusCode, route: '/orders' });
  });

  await fetch(`${shop.url}/orders`, { method: 'POST' });
  const metrics = await (await fetch(`${shop.url}/metrics`)).text();
  console.log(metrics.split('\n').find((line) => line.startsWith('orders_total')));

  await shop.stop();
  await telemetry.close();
  await collector.stop();
}

void main();
