import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { services } from './support/gatehouse';

describe('the bundle of a service', () => {
  it.each(services)('of %s is ASCII, so that Node keeps its text in one byte a character and not in two', (service) => {
    const text = readFileSync(resolve(__dirname, `../../../dist/apps/${service}/main.cjs`), 'latin1');
    expect(text.length).toBeGreaterThan(100_000);
    expect([...text.matchAll(/.{0,60}[^\x00-\x7f]/g)].map(([around]) => around)).toEqual([]);
  });
});
