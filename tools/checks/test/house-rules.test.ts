import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const workspace = resolve(__dirname, '../../..');
const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'apps', 'libs', 'tools'], { cwd: workspace, encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(ts|mts)$/.test(file) && !/\.test\.ts$|\/test\/|\/host\//.test(file));
const lengthOf = (file: string) => readFileSync(resolve(workspace, file), 'utf8').split('\n').length;

it('a file is read in one sitting: half of them have fewer than 100 lines', () => {
  const lengths = sources.map(lengthOf).sort((one, other) => one - other);
  expect(lengths.length).toBeGreaterThan(80);
  expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(100);
});

it('a main.ts has at most 30 lines, but for the launcher, which is no service', () => {
  const mains = sources.filter((file) => /^apps\/.*\/main\.ts$/.test(file));
  expect(mains).toHaveLength(3);
  expect(mains.filter((file) => lengthOf(file) > 31)).toEqual([]);
});
