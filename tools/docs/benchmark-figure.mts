// A benchmark as a picture: a dot a round, a bar through the middle half of them, and the bar that they are held to.
import { ticks } from 'd3-array';
import { type Benchmark, type BenchmarkPair, toText } from './benchmark.mts';

const width = 760;
const left = 170;
const right = 110;
const top = 54;
const rowHeight = 46;
const colors = { text: '#334155', faint: '#cbd5e1', dot: '#2563eb', box: '#dbeafe', bar: '#b91c1c' };

/** The SVG text. */
export function toFigure(benchmark: Benchmark): string {
  const { title, pairs, bar, measure } = benchmark;
  const least = measure === 'ratio' ? Math.min(1, ...pairs.flatMap(({ values }) => values)) : 0;
  const most = Math.max(bar, ...pairs.flatMap(({ values }) => values));
  const margin = (most - least) * 0.06;
  const [from, to] = [measure === 'ratio' ? least - margin : least, most + margin];
  const toX = (value: number) => round(left + ((value - from) / (to - from)) * (width - left - right));
  const bottom = top + pairs.length * rowHeight;
  const height = bottom + 44;
  const caption =
    measure === 'ratio' ? 'CPU time per request, times that of what it is against' : 'CPU time per request, microseconds more than what it is against';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="${colors.text}">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="16" y="24" font-size="15" font-weight="600">${escape(title)}</text>`,
    ...ticks(from, to, 6).map(
      (value) =>
        `<path d="M${toX(value)} ${top - 6}V${bottom}" stroke="${colors.faint}"/><text x="${toX(value)}" y="${bottom + 16}" text-anchor="middle" font-size="12">${value}</text>`,
    ),
    `<text x="${(left + width - right) / 2}" y="${bottom + 36}" text-anchor="middle" font-size="12">${caption}</text>`,
    `<path d="M${toX(bar)} ${top - 6}V${bottom}" stroke="${colors.bar}" stroke-width="1.5" stroke-dasharray="5 3"/>`,
    `<text x="${toX(bar)}" y="${top - 11}" text-anchor="middle" font-size="12" fill="${colors.bar}">at most ${toText(benchmark, bar)}</text>`,
    ...pairs.map((pair, index) => toRow(benchmark, pair, top + (index + 0.5) * rowHeight, toX)),
    '</svg>',
    '',
  ].join('\n');
}

function toRow(benchmark: Benchmark, { name, baseline, contender, values, spread }: BenchmarkPair, y: number, toX: (value: number) => number): string {
  // dots of like values beside each other, in the order of the rounds
  const toY = (index: number) => round(y - 9 + (18 * (index + 0.5)) / values.length);
  return [
    `<text x="16" y="${y - 2}" font-weight="600">${escape(name)}</text><text x="16" y="${y + 13}" font-size="11">${escape(`${contender.name} against ${baseline.name}`)}</text>`,
    `<rect x="${toX(spread.low)}" y="${y - 13}" width="${round(toX(spread.high) - toX(spread.low))}" height="26" rx="3" fill="${colors.box}"/>`,
    ...values.map((value, index) => `<circle cx="${toX(value)}" cy="${toY(index)}" r="2.2" fill="${colors.dot}" fill-opacity="0.6"/>`),
    `<path d="M${toX(spread.median)} ${y - 13}V${y + 13}" stroke="${colors.text}" stroke-width="2"/>`,
    `<text x="${width - right + 14}" y="${y + 5}" font-weight="600">${toText(benchmark, spread.median)}</text>`,
  ].join('\n');
}

const round = (value: number) => Math.round(value * 10) / 10;
const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
