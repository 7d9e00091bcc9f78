import { useEffect, useState } from 'preact/hooks';
import type { RequestSummary, TraceDetail } from '../src/answers';
import { LogLines } from './log-lines';
import { Waterfall } from './waterfall';

/** One request: its waterfall, and what the services logged of it. */
export function TraceView({ traceId, summary }: { traceId: string; summary: RequestSummary | undefined }) {
  const [trace, setTrace] = useState<TraceDetail>();
  const [isGone, setGone] = useState(false);
  // read again when more of it has come in
  useEffect(() => {
    if (!traceId) return;
    let isStale = false;
    const read = async () => {
      const answer = await fetch(`/api/traces/${traceId}`);
      if (isStale) return;
      setGone(answer.status === 404);
      if (answer.ok) setTrace((await answer.json()) as TraceDetail);
    };
    read().catch(() => {}); // the status line says that Gatehouse has stopped
    return () => void (isStale = true);
  }, [traceId, summary?.spans]);
  const isHere = trace?.traceId === traceId;
  return (
    <section aria-label="Trace">
      <h2>
        Trace <code>{traceId}</code>
      </h2>
      <div class="scroll trace">
        {isHere && !isGone ? (
          <>
            <Waterfall spans={trace.spans} />
            {trace.leftOut > 0 && <p class="empty">{`${trace.leftOut} more spans were too many to keep.`}</p>}
            <h3>Log lines</h3>
            <LogLines lines={trace.lines} />
          </>
        ) : (
          <p class="empty">{!traceId ? 'Choose a request.' : isGone ? 'This trace is no longer held: the last thousand are.' : '…'}</p>
        )}
      </div>
    </section>
  );
}
