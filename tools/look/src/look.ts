import { createCharts } from './charts';
import { createLogLines } from './log-lines';
import { createLookServer } from './look-server';
import { createMailbox } from './mailbox';
import { createScraper } from './scraper';
import { createServiceMap, isOfMap } from './service-map';
import { createTraces } from './traces';

export interface LookOptions {
  /** Folder of the built page. */
  readonly pageFolder: string;
  /** URL of `/metrics` by name of the service. */
  readonly targets: Readonly<Record<string, string>>;
}

/** A look into the running services, without anything installed: the page, and a collector for what it shows. */
export interface Look {
  /**
   * Listens on loopback; 0 takes a free port. Gives the base URL, which is the page's and that of the OTLP/HTTP receiver.
   * @throws Error of the system, such as EADDRINUSE
   */
  listen(port: number): Promise<string>;
  /** Takes mails from now on, to show them; gives the URL of SMTP. They go nowhere. */
  takeMails(): Promise<string>;
  /** Takes a line that a service wrote. */
  addLine(service: string, line: string): void;
  /** Scrapes from now on. */
  watch(): void;
  close(): Promise<void>;
}

const maxTraces = 1_000;
const maxTraceBytes = 64 << 20;
const maxMails = 200;
const maxLines = 10_000;
const maxLineBytes = 16 << 20;

/** Makes a look that holds the last 1,000 traces and 10,000 lines, of 64 and 16 MiB at most, and the last 200 mails. */
export function createLook({ pageFolder, targets }: LookOptions): Look {
  const traces = createTraces({ maxTraces, maxBytes: maxTraceBytes });
  const lines = createLogLines({ maxLines, maxBytes: maxLineBytes });
  const mailbox = createMailbox({ maxMails });
  const charts = createCharts();
  const scraper = createScraper({ targets, isWanted: isOfMap, onSample: charts.add });
  const map = createServiceMap(Object.keys(targets), scraper);
  let takesMails = false;
  const server = createLookServer({
    pageFolder,
    take: traces.add,
    mailbox,
    now(after, chart) {
      scraper.wake();
      return { ...traces.since(after), maxRequests: maxTraces, nodes: map.nodes(), edges: map.edges(), methods: map.methods(), chart: charts.of(chart) };
    },
    findTrace(traceId) {
      const trace = traces.find(traceId);
      return trace && { traceId, ...trace, lines: lines.of(traceId) };
    },
  });
  return {
    listen: async (port) => `http://127.0.0.1:${await server.listen(port)}`,
    takeMails: () => ((takesMails = true), mailbox.listen()),
    addLine: lines.add,
    watch: scraper.start,
    async close() {
      scraper.stop();
      if (takesMails) await mailbox.close();
      await server.close();
    },
  };
}
