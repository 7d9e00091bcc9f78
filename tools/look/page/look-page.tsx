import { useEffect, useState } from 'preact/hooks';
import { Charts } from './charts';
import { Mails } from './mails';
import { MethodTable } from './method-table';
import { RequestList } from './request-list';
import { ServiceMap } from './service-map';
import { TraceView } from './trace-view';
import { useNow } from './use-now';

const toTraceId = () => location.hash.slice(1);

/** The whole page. The trace that is looked at stands in the address, so that Back and a bookmark lead to it. */
export function Look() {
  const [traceId, setTraceId] = useState(toTraceId);
  const [selected, select] = useState('gateway');
  const { now, requests, isLost } = useNow(selected);
  useEffect(() => {
    const follow = () => setTraceId(toTraceId());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return (
    <>
      <header>
        <h1>
          Gatehouse <span>a look inside</span>
        </h1>
        <p role="status" class={isLost ? 'lost' : 'live'}>
          {isLost ? 'Gatehouse has stopped' : 'live, last minute'}
        </p>
      </header>
      <main>
        <section aria-label="Service map">
          <h2>Who calls whom</h2>
          <ServiceMap nodes={now?.nodes ?? []} edges={now?.edges ?? []} selected={selected} onSelect={select} />
        </section>
        <section aria-label="Methods">
          <h2>
            Rates and latencies <span>{selected}</span>
          </h2>
          <Charts data={now?.chart} />
          <MethodTable rows={now?.methods ?? []} selected={selected} onSelect={select} />
        </section>
        <RequestList requests={requests} selected={traceId} />
        <Mails />
        <TraceView traceId={traceId} summary={requests.find((request) => request.traceId === traceId)} />
      </main>
    </>
  );
}
