import { descriptorSet as authContract } from '@gatehouse/contracts/auth';
import { descriptorSet as userContract } from '@gatehouse/contracts/user';
import { descriptorSet as verifierContract } from '@gatehouse/contracts/verifier';
import { AppError, errorCodes, toHttpStatus } from '@gatehouse/errors';
import { createObservability, type Observability } from '@gatehouse/observability';
import { readMethods, type RpcCall, type RpcClientCall } from '@gatehouse/rpc';
import type { Sample } from '../comparison';

export interface ScrapeQuestion {
  readonly ask: 'scrape';
  readonly accept: string;
  readonly isBusy: boolean;
  readonly count: number;
}

// about what both services have, and what PostgreSQL answers them at worst
const statements = Array.from({ length: 40 }, (_, index) => `statement-${index}`);
const sqlStates = ['23505', '40001', '55P03', '57014'];

/** Answers questions: what it takes to write out the metrics of a process that has done nothing, or of one that has done everything. */
export async function startMetricsProcess(): Promise<{ introduction: object; close: () => Promise<void> }> {
  // every span is sampled, and wants to go to nowhere
  const create = () => createObservability({ service: 'bench', version: 'bench', logLevel: 'error', otlpEndpoint: 'http://127.0.0.1:9', sampleRatio: 1 });
  const [idle, busy] = [create(), create()];
  await doEverything(busy);
  const scrape = async ({ accept, isBusy, count }: ScrapeQuestion): Promise<Sample> => {
    const { metrics } = isBusy ? busy : idle;
    const waits: number[] = [];
    const begin = process.cpuUsage();
    for (let index = 0; index < count; index++) {
      const asked = performance.now();
      await metrics(accept);
      waits.push(performance.now() - asked);
    }
    const { user, system } = process.cpuUsage(begin);
    waits.sort((one, other) => one - other);
    const at = (share: number) => waits[Math.min(count - 1, Math.floor(share * count))]!;
    return { requests: count, cpuMicros: user + system, latencyMs: { p50: at(0.5), p99: at(0.99) } };
  };
  process.on('message', (question: ScrapeQuestion) => {
    if (question.ask === 'scrape') void scrape(question).then((sample) => process.send!(sample));
  });
  return { introduction: {}, close: async () => void (await Promise.all([idle.close(0), busy.close(0)])) };
}

/** Each method of all contracts served, called and routed to, ended with each code; each statement with each SQLSTATE. */
async function doEverything({ rpc, http, postgres }: Observability): Promise<void> {
  const errors = errorCodes.map((code) => new AppError({ code, reason: code, domain: 'gatehouse', message: 'bench' }));
  for (const method of readMethods([userContract, authContract, verifierContract]))
    for (const error of [undefined, ...errors]) {
      const end = () => (error ? Promise.reject(error) : Promise.resolve());
      const call = { method, metadata: new Map(), requestId: 'bench', target: 'bench' } as unknown as RpcCall & RpcClientCall;
      await runChain(rpc.server, call, end);
      await runChain(rpc.client, call, end);
      http.start({ method: 'POST', path: '/', requestId: 'bench', headers: {} }).end({ status: error ? toHttpStatus(error) : 200, route: `/${method.name}` });
    }
  const observation = http.start({ method: 'GET', path: '/', requestId: 'bench', headers: {} });
  for (const name of statements)
    for (const code of [undefined, ...sqlStates]) {
      const run = () => (code ? Promise.reject(Object.assign(new Error('bench'), { code })) : Promise.resolve());
      await observation.run(() => postgres.query({ name, text: '', database: 'bench' }, run)).catch(() => {});
    }
  observation.end({ status: 200, route: '/' });
}

type Interceptor<Call> = (call: Call, next: () => Promise<unknown>) => Promise<unknown>;

/** Runs what observes a call around its end. */
async function runChain<Call>(interceptors: readonly Interceptor<Call>[], call: Call, end: () => Promise<unknown>): Promise<void> {
  const chain = interceptors.reduceRight<() => Promise<unknown>>((next, interceptor) => () => interceptor(call, next), end);
  await chain().catch(() => {});
}
