import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const workspace = resolve(__dirname, '../../..');
let folder: string;
beforeEach(async () => {
  await mkdir(join(workspace, 'tmp'), { recursive: true });
  folder = await mkdtemp(join(workspace, 'tmp', 'bench-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const bench = (...args: string[]) => promisify(execFile)(process.execPath, ['dist/tools/bench/main.cjs', ...args, '--out', folder], { cwd: workspace });

interface Written {
  machine: object;
  pairs: { baseline: { cpuMicros: number }; contender: { cpuMicros: number }; values: number[] }[];
}

it('every comparison gives figures of each round, and a page with a picture of them', async () => {
  const { stdout } = await bench('--rounds', '2', '--scale', '0.02');
  const names = (await readdir(`${folder}/benchmarks`)).map((file) => file.replace('.json', ''));
  expect(names.sort()).toEqual(['error-path', 'log-line', 'login', 'scrape', 'telemetry', 'validation']);
  const page = await readFile(`${folder}/benchmarks.md`, 'utf8');
  for (const name of names) {
    const { pairs, machine } = JSON.parse(await readFile(`${folder}/benchmarks/${name}.json`, 'utf8')) as Written;
    expect(Object.keys(machine)).toEqual(['cores', 'processor', 'memoryGiB', 'node']);
    for (const { baseline, contender, values } of pairs) {
      expect(values).toEqual([expect.any(Number), expect.any(Number)]);
      for (const { cpuMicros } of [baseline, contender]) expect(cpuMicros).toBeGreaterThan(0);
    }
    expect(page).toContain(`figures/bench-${name}.svg`);
    const figure = await readFile(`${folder}/figures/bench-${name}.svg`, 'utf8');
    expect(figure.match(/<circle /g)).toHaveLength(2 * pairs.length);
    expect(figure).not.toMatch(/NaN|undefined|Infinity/);
  }
  expect(stdout).toContain('2/2');
});

it('one comparison is run by its name, and a name that none has is told with those there are', async () => {
  await bench('validation', '--rounds', '1', '--scale', '0.01');
  expect(await readdir(`${folder}/benchmarks`)).toEqual(['validation.json']);
  await expect(bench('validate')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('there is no comparison "validate": there are error-path, validation, log-line, scrape, telemetry, login'),
  });
});
