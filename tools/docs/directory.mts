// What `npm run proof -- directory` measured, as a section of measurements.md and as docs/figures/directory.svg.
import { drawFigure, escapeXml, round } from './svg.mts';

type Pair = readonly [small: number, large: number];
export interface DirectoryRun {
  people: number;
  loads: readonly { people: number; seconds: number; memoryMiB: { early: number; most: number }; databaseMiB: number }[];
  rounds: number;
  callers: number;
  callsARound: number;
  deepPage: number;
  pageSize: number;
  bar: number;
  answers: readonly { name: string; p50: Pair; p99: Pair; ratio: number }[];
}

const toCount = (people: number) => people.toLocaleString('en');

/** The lines of the section. */
export function toDirectoryLines({ loads, rounds, callers, callsARound, deepPage, pageSize, bar, answers }: DirectoryRun): string[] {
  const sizes = loads.map(({ people }) => toCount(people));
  return [
    `Two directories of made people in one PostgreSQL, of ${sizes.join(' and of ')}, each before a \`user\` of its own, loaded through ImportUsers. Then both are asked by gRPC in turns, each thing ${rounds} rounds of ${callsARound} calls by ${callers} callers, after a round to warm up, each call about another person. The deep page is page ${toCount(deepPage)} of ${pageSize} people each, or the last one. The database is not made durable: loading is quicker by that, and asking is not. The p99 of the large directory is to be at most ${bar} times that of the small one.`,
    '',
    '![What size costs an answer](figures/directory.svg)',
    '',
    '| people | loaded in, s | rows a second | memory of `user`, MiB: in the first tenth, after | database, MiB |',
    '| --- | --- | --- | --- | --- |',
    ...loads.map(
      ({ people, seconds, memoryMiB: { early, most }, databaseMiB }) =>
        `| ${toCount(people)} | ${Math.round(seconds)} | ${Math.round(people / seconds)} | ${early}, ${most} | ${databaseMiB} |`,
    ),
    '',
    `| asked for | p50, ms: ${sizes.join(', ')} | p99, ms: ${sizes.join(', ')} | times |`,
    '| --- | --- | --- | --- |',
    ...answers.map(({ name, p50, p99, ratio }) => `| ${name} | ${p50.join(', ')} | ${p99.join(', ')} | ${ratio} |`),
  ];
}

const width = 760;
const left = 250;
const right = 70;
const top = 74;
const rowHeight = 30;
const colors = { small: '#2563eb', large: '#d97706', faint: '#cbd5e1', over: '#b91c1c' };

/** The SVG text: of each question the p99 of both directories, on a scale where equal steps are equal ratios. */
export function toDirectoryFigure({ loads, bar, answers }: DirectoryRun): string {
  const values = answers.flatMap(({ p99 }) => p99);
  const [from, to] = [10 ** Math.floor(Math.log10(Math.min(...values))), 10 ** Math.ceil(Math.log10(Math.max(...values)))];
  const toX = (value: number) => round(left + (Math.log(value / from) / Math.log(to / from)) * (width - left - right));
  const bottom = top + answers.length * rowHeight;
  const decades = Array.from({ length: Math.round(Math.log10(to / from)) + 1 }, (_, power) => from * 10 ** power);
  const dot = (value: number, y: number, color: string) => `<circle cx="${toX(value)}" cy="${y}" r="4.5" fill="${color}"/>`;
  return drawFigure('What size costs an answer', width, bottom + 44, [
    '<text x="16" y="24" font-size="15" font-weight="600">What size costs an answer</text>',
    ...loads.map(({ people }, index) => {
      const x = 16 + index * 150;
      return `<circle cx="${x + 5}" cy="44" r="4.5" fill="${index ? colors.large : colors.small}"/><text x="${x + 16}" y="48" font-size="12">${toCount(people)} people</text>`;
    }),
    ...decades.map(
      (value) =>
        `<path d="M${toX(value)} ${top - 8}V${bottom}" stroke="${colors.faint}"/><text x="${toX(value)}" y="${bottom + 16}" text-anchor="middle" font-size="12">${value} ms</text>`,
    ),
    ...answers.map(({ name, p99: [small, large], ratio }, index) => {
      const y = round(top + (index + 0.5) * rowHeight);
      return [
        `<text x="16" y="${y + 4}" font-size="13">${escapeXml(name)}</text>`,
        `<path d="M${toX(small)} ${y}H${toX(large)}" stroke="${colors.faint}" stroke-width="3"/>`,
        dot(small, y, colors.small),
        dot(large, y, colors.large),
        `<text x="${width - right + 18}" y="${y + 4}" font-size="12" font-weight="600"${ratio > bar ? ` fill="${colors.over}"` : ''}>${ratio} ×</text>`,
      ].join('');
    }),
    `<text x="${(left + width - right) / 2}" y="${bottom + 36}" text-anchor="middle" font-size="12">p99 of an answer, and how many times that of the small directory</text>`,
  ]);
}
