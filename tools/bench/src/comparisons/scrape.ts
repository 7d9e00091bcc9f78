import type { Comparison, Sample } from '../comparison';
import type { ScrapeQuestion } from '../measured/metrics-process';
import { startOwn } from '../own-process';

const formats = { text: 'text/plain', OpenMetrics: 'application/openmetrics-text' };

/** What a scrape costs a process that has every series. */
export const scrape: Comparison = {
  name: 'scrape',
  title: 'A scrape',
  about:
    'Writing out the metrics of a process that has every series there can be against those of one that has just started: each method of all contracts served, called and routed to, ended with each code, and 40 SQL statements with five outcomes, some 12,000 series and more than any of the three services has; in OpenMetrics with an exemplar in each of their histograms. Meanwhile the process answers nobody.',
  measure: 'difference',
  bar: 50_000,
  async open({ nodeArguments }) {
    const measured = await startOwn('metrics', nodeArguments);
    const ask = (accept: string, isBusy: boolean) => (count: number) => measured.ask<Sample, ScrapeQuestion>({ ask: 'scrape', accept, isBusy, count });
    return {
      pairs: Object.entries(formats).map(([name, accept]) => ({
        name,
        requests: 50,
        baseline: { name: 'just started', sample: ask(accept, false) },
        contender: { name: 'every series', sample: ask(accept, true) },
      })),
      close: () => measured.stop(),
    };
  },
};
