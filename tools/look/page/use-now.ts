import { useEffect, useRef, useState } from 'preact/hooks';
import type { Now, RequestSummary } from '../src/answers';

const intervalMs = 1_000;

/** What is there now, asked for each second as long as the page is seen, with the requests that came one after the other. */
export function useNow(chart: string): { now: Now | undefined; requests: readonly RequestSummary[]; isLost: boolean } {
  const [now, setNow] = useState<Now>();
  const [isLost, setLost] = useState(false);
  const known = useRef({ revision: 0, requests: [] as readonly RequestSummary[] });
  useEffect(() => {
    let timer = 0;
    let isGone = false;
    const ask = async () => {
      if (!document.hidden)
        try {
          const answer = await fetch(`/api/now?after=${known.current.revision}&chart=${encodeURIComponent(chart)}`);
          const next = (await answer.json()) as Now;
          if (isGone) return;
          known.current = { revision: next.revision, requests: merge(known.current.requests, next) };
          setNow(next);
          setLost(false);
        } catch {
          if (!isGone) setLost(true);
        }
      if (!isGone) timer = window.setTimeout(ask, intervalMs);
    };
    const hurry = () => {
      clearTimeout(timer);
      if (!document.hidden) void ask();
    };
    void ask();
    document.addEventListener('visibilitychange', hurry);
    return () => {
      isGone = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', hurry);
    };
  }, [chart]);
  return { now, requests: known.current.requests, isLost };
}

/** Latest first. */
function merge(old: readonly RequestSummary[], { requests, maxRequests }: Now): readonly RequestSummary[] {
  if (!requests.length) return old;
  const changed = new Set(requests.map(({ traceId }) => traceId));
  return [...requests, ...old.filter(({ traceId }) => !changed.has(traceId))].sort((one, other) => other.start - one.start).slice(0, maxRequests);
}
