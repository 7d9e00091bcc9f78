/** What a number of requests took. */
export interface Sample {
  readonly requests: number;
  /** CPU time of the measured process, all its threads included. Microseconds. */
  readonly cpuMicros: number;
  /** What a caller waited. Milliseconds; left out where nobody waits. */
  readonly latencyMs?: Latency;
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** One way of doing it. */
export interface Contender {
  readonly name: string;
  /** Makes requests, and gives what they took. @throws when one is not answered as it should be */
  sample(requests: number): Promise<Sample>;
}

/** Two ways that are sampled in turns. */
export interface Pair {
  /** What both do, in a few words. */
  readonly name: string;
  readonly baseline: Contender;
  readonly contender: Contender;
  /** Requests of one sample at full size. */
  readonly requests: number;
  /** Shown beside the others, and held to nothing. */
  readonly isContext?: boolean;
}

/** What is read off a round, of CPU time per request: how many times the baseline's, or how many microseconds more. */
export type Measure = 'ratio' | 'difference';

/** A question with a number for an answer. One file each, listed in comparisons.ts. */
export interface Comparison {
  /** As it is called at the command line, and its files are named. */
  readonly name: string;
  readonly title: string;
  /** What is compared with what, and how, in a sentence or two. */
  readonly about: string;
  readonly measure: Measure;
  /** The most that the median over all rounds may be, in the unit of the measure. */
  readonly bar: number;
  /** Starts the processes. */
  open(options: OpenOptions): Promise<OpenComparison>;
}

export interface OpenOptions {
  /** More arguments for Node in each measured process. */
  readonly nodeArguments: readonly string[];
}

export interface OpenComparison {
  readonly pairs: readonly Pair[];
  close(): Promise<void>;
}
