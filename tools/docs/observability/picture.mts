// A dashboard as SVG: the panels in their places, lines with their names below, numbers where a panel is one.
import { max, ticks } from 'd3-array';

export interface Line {
  readonly name: string;
  /** Seconds since the begin, and the value. */
  readonly points: readonly (readonly [number, number])[];
}

export interface DrawnPanel {
  readonly title: string;
  readonly kind: 'timeseries' | 'stat';
  /** In Grafana's grid of 24 columns. */
  readonly place: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly unit: string;
  /** Of a number: from which value on it has the colour. */
  readonly thresholds: readonly { readonly color: string; readonly value: number | null }[];
  readonly lines: readonly Line[];
}

const column = 50;
const rowHeight = 26;
const gap = 8;
const head = 40;
const statHeight = 4;
const palette = ['#2563eb', '#ea580c', '#16a34a', '#9333ea', '#dc2626', '#0891b2', '#ca8a04', '#db2777', '#475569', '#65a30d'];
const numberColors: Readonly<Record<string, string>> = { green: '#16a34a', red: '#dc2626', blue: '#2563eb' };
const margin = 22;
const colors = { text: '#334155', faint: '#e2e8f0', page: '#f1f5f9' };

/** The SVG text; `seconds` is how far the lines reach. */
export function toPicture(title: string, panels: readonly DrawnPanel[], seconds: number): string {
  // a row of numbers needs less height than one of lines
  const toTop = (y: number) =>
    [...new Set(panels.map(({ place }) => place.y))]
      .filter((each) => each < y)
      .reduce((top, each) => top + heightOf(panels.find(({ place }) => place.y === each)!), head);
  const height = Math.max(...panels.map((panel) => toTop(panel.place.y) + heightOf(panel)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${24 * column + gap} ${height + gap}" font-family="system-ui, sans-serif" font-size="12" fill="${colors.text}">`,
    `<title>${escape(title)}</title><rect width="100%" height="100%" fill="${colors.page}"/>`,
    `<text x="${gap + 4}" y="26" font-size="17" font-weight="600">${escape(title)}</text><text x="${24 * column - 4}" y="26" text-anchor="end">the last ${seconds} s</text>`,
    ...panels.map((panel) => {
      const [left, top, width, tall] = [panel.place.x * column + gap, toTop(panel.place.y), panel.place.w * column - gap, heightOf(panel) - gap];
      const heading = `<rect width="${width}" height="${tall}" rx="4" fill="#ffffff"/><text x="10" y="19" font-weight="600">${escape(panel.title)}</text>`;
      return `<g transform="translate(${left} ${top})">${heading}${panel.kind === 'stat' ? toNumbers(panel, width, tall) : toLines(panel, width, tall, seconds)}</g>`;
    }),
    '</svg>',
    '',
  ].join('\n');
}

const heightOf = ({ kind, place }: DrawnPanel) => (kind === 'stat' ? statHeight : place.h) * rowHeight;

function toNumbers({ lines, unit, thresholds }: DrawnPanel, width: number, height: number): string {
  return lines
    .map(({ name, points }, index) => {
      const x = round((width * (index + 0.5)) / lines.length);
      const value = points.at(-1)?.[1] ?? 0;
      const color = numberColors[thresholds.findLast((threshold) => value >= (threshold.value ?? -Infinity))?.color ?? 'blue'];
      return `<text x="${x}" y="${height - 30}" text-anchor="middle" font-size="26" font-weight="600" fill="${color}">${toText(value, unit)}</text><text x="${x}" y="${height - 11}" text-anchor="middle">${escape(name)}</text>`;
    })
    .join('');
}

function toLines({ lines, unit }: DrawnPanel, width: number, height: number, seconds: number): string {
  const shown = lines
    .filter(({ points }) => points.length > 0)
    .sort((one, other) => (max(other.points, ([, value]) => value) ?? 0) - (max(one.points, ([, value]) => value) ?? 0));
  const names = shown.slice(0, palette.length).map(({ name }) => name.replace(/^gatehouse\.\w+\.v1\./, ''));
  const columns = names.some((name) => name.length > 14) ? 2 : 4;
  const [left, top, bottom] = [58, 32, height - 26 - 15 * Math.ceil(names.length / columns)];
  const most = max(shown.flatMap(({ points }) => points.map(([, value]) => value))) || 1;
  const toX = (time: number) => round(left + (time / seconds) * (width - left - margin));
  const toY = (value: number) => round(bottom - (value / (most * 1.05)) * (bottom - top));
  return [
    ...ticks(0, most, 4).map(
      (value) =>
        `<path d="M${left} ${toY(value)}H${width - margin}" stroke="${colors.faint}"/><text x="${left - 6}" y="${toY(value) + 4}" text-anchor="end" font-size="11">${toText(value, unit)}</text>`,
    ),
    ...ticks(0, seconds, 5).map((time) => `<text x="${toX(time)}" y="${bottom + 14}" text-anchor="middle" font-size="11">${time} s</text>`),
    ...shown
      .slice(0, palette.length)
      .map(
        ({ points }, index) =>
          `<path d="M${points.map(([time, value]) => `${toX(time)} ${toY(value)}`).join('L')}" fill="none" stroke="${palette[index]}" stroke-width="1.5"/>`,
      ),
    ...names.map((name, index) => {
      const [x, y] = [10 + ((width - 20) / columns) * (index % columns), bottom + 32 + 15 * Math.floor(index / columns)];
      return `<rect x="${round(x)}" y="${y - 8}" width="10" height="3" fill="${palette[index]}"/><text x="${round(x + 14)}" y="${y - 2}" font-size="11">${escape(name)}</text>`;
    }),
  ].join('');
}

/** A value in a unit of Grafana. */
function toText(value: number, unit: string): string {
  const short = (number: number) => String(Number(number.toPrecision(3)));
  if (unit === 's') return value < 1 ? `${short(value * 1000)} ms` : `${short(value)} s`;
  if (unit === 'percentunit') return `${short(value * 100)} %`;
  return unit === 'reqps' ? `${short(value)}/s` : short(value);
}

const round = (value: number) => Math.round(value * 10) / 10;
const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
