import { createDurations } from './durations';
import { createMetricsRegistry } from './exposition';

async function read(observe: (durations: { observe(labels: readonly [string, string], seconds: number): void }) => void): Promise<string[]> {
  const registry = createMetricsRegistry();
  observe(createDurations(registry, 'wait_seconds', 'How long', ['method', 'code']));
  return (await registry.metrics()).split('\n').filter((line) => line.startsWith('wait_seconds'));
}

describe('a histogram of durations', () => {
  it('counts each in the buckets that are no shorter, a bound included', async () => {
    const lines = await read(({ observe }) => [0, 0.005, 0.0051, 10, 11].forEach((seconds) => observe(['a', 'OK'], seconds)));
    expect(lines).toHaveLength(17);
    expect(lines).toEqual(
      expect.arrayContaining([
        'wait_seconds_bucket{le="0.005",method="a",code="OK"} 2',
        'wait_seconds_bucket{le="0.01",method="a",code="OK"} 3',
        'wait_seconds_bucket{le="7.5",method="a",code="OK"} 3',
        'wait_seconds_bucket{le="10",method="a",code="OK"} 4',
        'wait_seconds_bucket{le="+Inf",method="a",code="OK"} 5',
        'wait_seconds_sum{method="a",code="OK"} 21.0101',
        'wait_seconds_count{method="a",code="OK"} 5',
      ]),
    );
  });

  it('has a series for each pair of values, whatever is in them', async () => {
    const lines = await read(({ observe }) =>
      [
        ['a', 'b\n'],
        ['a\nb', ''],
        ['a', '"'],
        ['', 'a'],
      ].forEach(([method, code]) => observe([method!, code!], 1)),
    );
    expect(lines.filter((line) => line.includes('_count'))).toEqual([
      'wait_seconds_count{method="a",code="b\\n"} 1',
      'wait_seconds_count{method="a\\nb",code=""} 1',
      'wait_seconds_count{method="a",code="\\""} 1',
      'wait_seconds_count{method="",code="a"} 1',
    ]);
  });

  it('is not spoilt by what is no duration', async () => {
    const lines = await read(({ observe }) => [1, NaN, -1, Infinity].forEach((seconds) => observe(['a', 'OK'], seconds)));
    expect(lines.slice(-2)).toEqual(['wait_seconds_sum{method="a",code="OK"} 1', 'wait_seconds_count{method="a",code="OK"} 1']);
  });

  it('without labels is there before the first one, and takes its name once', async () => {
    const registry = createMetricsRegistry();
    createDurations(registry, 'work_seconds', 'How long', []);
    expect(await registry.metrics()).toContain('work_seconds_count 0');
    expect(() => createDurations(registry, 'work_seconds', 'How long', [])).toThrow('work_seconds is registered already');
  });
});
