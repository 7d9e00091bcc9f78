// What the drawn figures are made of. They have a ground of their own, so that they are read on a dark page as on a light one.
export const ink = '#334155';
const faint = '#475569';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const escapeXml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Rounds to a tenth, so that a figure is the same wherever it is drawn. */
export const round = (value: number): number => Math.round(value * 10) / 10;

/** A rectangle with a name in its middle and lines in smaller type below that. */
export function drawBox({ x, y, width, height }: Box, fill: string, name: string, ...notes: readonly string[]): string {
  const middle = round(x + width / 2);
  const top = y + height / 2 - notes.length * 8 + 5;
  return [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="${fill}" stroke="${ink}"/>`,
    `<text x="${middle}" y="${round(top)}" text-anchor="middle" font-weight="600">${escapeXml(name)}</text>`,
    ...notes.map(
      (note, index) => `<text x="${middle}" y="${round(top + 17 * (index + 1))}" text-anchor="middle" font-size="12" fill="${faint}">${escapeXml(note)}</text>`,
    ),
  ].join('');
}

/** A line with a head. `path` is what SVG calls `d`. */
export const drawArrow = (path: string, isDashed = false): string =>
  `<path d="${path}" fill="none" stroke="${ink}" stroke-width="1.5" marker-end="url(#head)"${isDashed ? ' stroke-dasharray="4 4"' : ''}/>`;

/** Text that stays readable where a line goes beneath it. */
export const drawLabel = (x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end' = 'middle', size = 12): string =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" font-size="${size}" stroke="#ffffff" stroke-width="4" paint-order="stroke">${escapeXml(text)}</text>`;

/** The SVG text around what is drawn. */
export const drawFigure = (title: string, width: number, height: number, parts: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="14" fill="${ink}">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="${ink}"/></marker></defs>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
