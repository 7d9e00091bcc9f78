import { createObservability } from '@gatehouse/observability';
import { addReadinessMetrics, createReadiness } from '../src';

it('a scrape says whether the process can serve, and which check stands in the way', async () => {
  let well = false;
  const readiness = createReadiness({
    checks: [
      { name: 'database', check: async () => (well ? undefined : Promise.reject(new Error('gone'))) },
      { name: 'keys', check: async () => {} },
    ],
    intervalMs: 5,
  });
  const observability = createObservability({ service: 'user', version: 'dev', logLevel: 'error' });
  addReadinessMetrics(observability.registry, readiness);
  const scrape = async () => (await observability.metrics('text/plain')).body.split('\n').filter((line) => line.startsWith('gatehouse_read'));
  await readiness.start();
  expect(await scrape()).toEqual(['gatehouse_ready 0', 'gatehouse_readiness_check_ok{check="database"} 0', 'gatehouse_readiness_check_ok{check="keys"} 1']);
  well = true;
  while (!readiness.isReady()) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await scrape()).toEqual(['gatehouse_ready 1', 'gatehouse_readiness_check_ok{check="database"} 1', 'gatehouse_readiness_check_ok{check="keys"} 1']);
  readiness.drain();
  expect((await scrape())[0]).toBe('gatehouse_ready 0');
  readiness.close();
  await observability.close(0);
});
