import { useState } from 'preact/hooks';
import type { Attributes, Span } from '../src/answers';
import { toDuration, toShortName } from './format';

interface Placed {
  readonly span: Span;
  readonly depth: number;
}

/** The spans of a trace below what they are part of, each where it was in time. A click tells more of one. */
export function Waterfall({ spans }: { spans: readonly Span[] }) {
  const [open, setOpen] = useState('');
  const start = Math.min(...spans.map((span) => span.start));
  const length = Math.max(...spans.map((span) => span.start + span.duration)) - start || 1;
  return (
    <ol class="waterfall">
      {toTree(spans).map(({ span, depth }) => (
        <li key={span.spanId} class={`${span.service} ${span.isError ? 'failed' : ''}`} data-service={span.service}>
          <button type="button" aria-expanded={open === span.spanId} onClick={() => setOpen(open === span.spanId ? '' : span.spanId)}>
            <span class="name" style={{ paddingLeft: `${depth * 12}px` }} title={`${span.service} ${span.kind} ${span.name}`}>
              <i class={`dot ${span.service}`} />
              {toShortName(span.name)} <small>{toKind(span)}</small>
            </span>
            <span class="bars">
              <i class="bar" style={{ left: `${((span.start - start) / length) * 100}%`, width: `${(span.duration / length) * 100}%` }} />
            </span>
            <span class="number">{toDuration(span.duration)}</span>
          </button>
          {open === span.spanId && <Details span={span} />}
        </li>
      ))}
    </ol>
  );
}

const toKind = ({ kind, service, attributes }: Span) => `${service} ${attributes['db.system.name'] ? 'sql' : kind}`;

function Details({ span: { attributes, events, start } }: { span: Span }) {
  return (
    <dl>
      {toPairs(attributes)}
      {events.map(({ name, time, attributes: more }) => (
        <>
          <dt>{`${name} +${toDuration(Math.max(0, time - start))}`}</dt>
          <dd>{JSON.stringify(more)}</dd>
        </>
      ))}
    </dl>
  );
}

const toPairs = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => (
    <>
      <dt>{key}</dt>
      <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
    </>
  ));

/** Depth first; a span whose parent is not there, or not there yet, stands at the left. */
function toTree(spans: readonly Span[]): readonly Placed[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const children = new Map<string, Span[]>();
  for (const span of spans) {
    const parent = ids.has(span.parentSpanId) && span.parentSpanId !== span.spanId ? span.parentSpanId : '';
    children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const walk = (parent: string, depth: number): Placed[] => (children.get(parent) ?? []).flatMap((span) => [{ span, depth }, ...walk(span.spanId, depth + 1)]);
  return walk('', 0);
}
