import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { ChartData } from '../src/answers';
import { toClock } from './format';

interface Line {
  readonly label: string;
  /** CSS variable of its colour. */
  readonly color: string;
  readonly values: readonly (number | null)[];
}

/** Calls a second and the 95th percentile, over the last minutes. */
export function Charts({ data }: { data: ChartData | undefined }) {
  const { time = [], rate = [], failing = [], p95 = [] } = data ?? {};
  return (
    <div class="charts">
      <Chart
        title="calls a second"
        time={time}
        lines={[
          { label: 'all', color: '--line', values: rate },
          { label: 'failed', color: '--failed', values: failing.map((value) => value || null) },
        ]}
      />
      <Chart title="p95, ms" time={time} lines={[{ label: 'p95', color: '--line', values: p95 }]} />
    </div>
  );
}

const height = 120;
const dark = matchMedia('(prefers-color-scheme: dark)');

/** A colour of the style sheet for a canvas, which does not know `var()` and `light-dark()`. */
function colorOf(name: string): string {
  const probe = document.body.appendChild(document.createElement('i'));
  probe.style.color = `var(${name})`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function Chart({ title, time, lines }: { title: string; time: readonly number[]; lines: readonly Line[] }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  useEffect(() => {
    const element = place.current!;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(toOptions(lines, element.clientWidth), [[], ...lines.map(() => [])], element);
    };
    draw();
    const watcher = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    watcher.observe(element);
    dark.addEventListener('change', draw);
    return () => {
      watcher.disconnect();
      dark.removeEventListener('change', draw);
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData([time.map((ms) => ms / 1000), ...lines.map(({ values }) => [...values])]));
  return (
    <figure>
      <figcaption>{title}</figcaption>
      <div ref={place} />
    </figure>
  );
}

function toOptions(lines: readonly Line[], width: number): uPlot.Options {
  const axis = { stroke: colorOf('--faint'), grid: { stroke: colorOf('--rule'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.1)] } },
    axes: [
      { ...axis, size: 22, space: 70, values: (_plot, seconds) => seconds.map((second) => toClock(second * 1000)) },
      { ...axis, size: 40, space: 28 },
    ],
    series: [{}, ...lines.map(({ label, color }) => ({ label, stroke: colorOf(color), width: 1.5, spanGaps: false, points: { show: true, size: 3 } }))],
  };
}
