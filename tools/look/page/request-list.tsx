import { useState } from 'preact/hooks';
import type { RequestSummary } from '../src/answers';
import { byPlace, toDuration, toFineClock, toShortName } from './format';

const maxRows = 200;

/** The last requests, latest first; each leads to its trace. */
export function RequestList({ requests, selected }: { requests: readonly RequestSummary[]; selected: string }) {
  const [text, setText] = useState('');
  const [isUnhappyOnly, setUnhappyOnly] = useState(false);
  const wanted = text.toLowerCase();
  const found = requests.filter(
    ({ name, status, traceId, outcome }) => (!isUnhappyOnly || outcome !== 'ok') && `${name} ${status} ${traceId}`.toLowerCase().includes(wanted),
  );
  return (
    <section aria-label="Requests">
      <h2>
        Last requests <span>{found.length > maxRows ? `${maxRows} of ${found.length}` : found.length}</span>
        <input
          type="search"
          placeholder="method, status or trace id"
          aria-label="filter"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <label>
          <input type="checkbox" checked={isUnhappyOnly} onChange={({ currentTarget }) => setUnhappyOnly(currentTarget.checked)} /> errors only
        </label>
      </h2>
      <div class="scroll requests">
        <table>
          <tbody>
            {found.slice(0, maxRows).map((request) => (
              <Row key={request.traceId} request={request} isSelected={request.traceId === selected} />
            ))}
          </tbody>
        </table>
        {!requests.length && <p class="empty">Nothing yet. Send a request to the gateway, and it is here within two seconds.</p>}
      </div>
    </section>
  );
}

function Row({ request: { traceId, name, start, duration, services, outcome, status, spans }, isSelected }: { request: RequestSummary; isSelected: boolean }) {
  return (
    <tr class={isSelected ? 'selected' : ''} data-trace={traceId} onClick={() => (location.hash = traceId)}>
      <td class="time">{toFineClock(start)}</td>
      <td title={name}>
        <a href={`#${traceId}`}>{toShortName(name)}</a>
      </td>
      <td>
        <b class={`status ${outcome}`}>{status || outcome}</b>
      </td>
      <td class="number">{toDuration(duration)}</td>
      <td title={services.join(', ')}>
        {[...services].sort(byPlace).map((service) => (
          <i key={service} class={`dot ${service}`} />
        ))}
      </td>
      <td class="number faint">{`${spans} spans`}</td>
    </tr>
  );
}
