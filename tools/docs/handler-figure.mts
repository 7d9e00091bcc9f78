// Draws docs/figures/handler.svg: what stands around a handler, in the order of the list in libs/rpc.
import { readFileSync } from 'node:fs';
import { publish } from './page.mts';
import { runSource } from './run-source.mts';
import { drawArrow, drawBox, drawFigure, drawLabel } from './svg.mts';

interface Order {
  readonly unaryConcerns: readonly string[];
  readonly streamConcerns: readonly string[];
}

/** What a concern does, and what its caller is told where it says no: a line each. */
const notes: Readonly<Record<string, readonly [text: readonly string[], refusal?: string]>> = {
  observe: [['trace, metrics,', 'access line']],
  errors: [['one error of', 'what is thrown']],
  deadline: [['as the caller', 'says, capped'], '504'],
  peer: [['who is it, by', 'mutual TLS'], '403'],
  admission: [['is there room', 'for one more'], '429'],
  decode: [['bytes into one', 'form'], '400'],
  authenticate: [['whose token', 'is it'], '401'],
  authorize: [['the access rule', 'of the method'], '403'],
  validate: [['the rules of', 'the fields'], '400'],
};

const { unaryConcerns, streamConcerns } = await runSource<Order, Order>(`export * from './concerns'`, 'libs/rpc/src', ({ unaryConcerns, streamConcerns }) => ({
  unaryConcerns,
  streamConcerns,
}));
const page = 'docs/architecture.md';
for (const order of [unaryConcerns, streamConcerns])
  if (!readFileSync(page, 'utf8').includes(order.join(' → ')))
    throw new Error(`${page} does not say the order of libs/rpc/src/concerns.ts: ${order.join(' → ')} → handler`);

const width = 1080;
const step = (width - 40) / (unaryConcerns.length + 1);
const box = { y: 56, width: step - 16, height: 44 };
const parts = [drawLabel(20, 30, 'around every handler, from the outside to the inside', 'start', 14)];
[...unaryConcerns, 'handler'].forEach((name, index) => {
  const x = 20 + index * step;
  const isHandler = name === 'handler';
  const [text, refusal] = isHandler ? [['what the method', 'is about']] : (notes[name] ?? []);
  if (!text) throw new Error(`${name} of libs/rpc/src/concerns.ts is not explained: give it a line in tools/docs/handler-figure.mts`);
  parts.push(
    `<g font-size="12">${drawBox({ ...box, x }, isHandler ? '#dcfce7' : refusal ? '#fef3c7' : '#dbeafe', name)}</g>`,
    ...text.map((line, row) => drawLabel(x + box.width / 2, 120 + row * 15, line, 'middle', 11)),
  );
  if (!isHandler) parts.push(drawArrow(`M${x + box.width} 78H${x + step - 2}`));
  if (refusal) parts.push(drawLabel(x + box.width / 2, 156, refusal, 'middle', 13));
});
parts.push(
  drawLabel(20, 190, 'The number is the HTTP status of who is sent back there.', 'start', 12),
  drawLabel(20, 210, `Of a stream: ${streamConcerns.join(' → ')} → handler`, 'start', 12),
);
publish('docs/figures/handler.svg', drawFigure('What stands around a handler', width, 226, parts), 'the interceptors of libs/rpc');
