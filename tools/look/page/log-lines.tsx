import type { TraceDetail } from '../src/answers';

interface Fields {
  readonly timestamp?: string;
  readonly severity_text?: string;
  readonly [name: string]: unknown;
}

/** Lines as they were written, their few words that all have in columns of their own. */
export function LogLines({ lines }: { lines: TraceDetail['lines'] }) {
  if (!lines.length) return <p class="empty">None.</p>;
  return (
    <ol class="lines">
      {lines.map(({ service, text }, index) => {
        const {
          timestamp,
          severity_text: severity,
          'service.name': _service,
          trace_id: _traceId,
          span_id: _spanId,
          trace_flags: _traceFlags,
          ...fields
        } = parse(text);
        return (
          <li key={index} title={text} class={`level-${severity?.toLowerCase() ?? ''}`}>
            <i class={`dot ${service}`} />
            <span class="time">{timestamp?.slice(11, 23)}</span> <b>{severity}</b> <code>{Object.keys(fields).length ? toText(fields) : text}</code>
          </li>
        );
      })}
    </ol>
  );
}

function parse(text: string): Fields {
  try {
    return JSON.parse(text) as Fields;
  } catch {
    return {};
  }
}

const toText = ({ body, ...fields }: Fields) =>
  [body, ...Object.entries(fields).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)].join(' ');
