import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Leaks } from './canaries';
import type { SentAnswer } from './send-raw';

const pages = resolve(__dirname, '../../../../docs/errors');

export interface ProblemJudge {
  /** How often each status and reason was answered. */
  readonly counts: Map<string, number>;
  /** What was wrong with answers, and of which requests. */
  readonly faults: string[];
  /** Errors that were judged. */
  readonly total: () => number;
  judge(request: string, answer: SentAnswer): Promise<void>;
}

/** Holds each error answer to what a problem document is: by its schema, the page of its reason, and what it keeps to itself. */
export async function createProblemJudge(url: string, leaks: Leaks): Promise<ProblemJudge> {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv, { mode: 'full' });
  ajv.addSchema((await (await fetch(`${url}/openapi.json`)).json()) as object, 'document');
  const validate = ajv.compile({ $ref: 'document#/components/schemas/Problem' });
  const types = new Map<string, Promise<number>>();
  const counts = new Map<string, number>();
  const faults: string[] = [];
  let total = 0;

  const findFaults = async ({ status, headers, text }: SentAnswer): Promise<string[]> => {
    if (headers['content-type'] !== 'application/problem+json') return [`is ${headers['content-type']}`];
    let problem: Record<string, unknown>;
    try {
      problem = JSON.parse(text);
    } catch {
      return ['is no JSON'];
    }
    if (!validate(problem)) return [ajv.errorsText(validate.errors)];
    const { type, domain, reason, code } = problem as Record<string, string>;
    counts.set(`${status} ${reason}`, (counts.get(`${status} ${reason}`) ?? 0) + 1);
    const page = `${pages}/${domain}/${reason}.md`;
    const known = existsSync(page) ? readFileSync(page, 'utf8') : '';
    const found = types.get(type!) ?? fetch(url + type).then((answer) => answer.status);
    types.set(type!, found);
    return [
      ...(known.includes(`| gRPC code | ${code} |`) && known.includes(`| HTTP status | ${status} |`)
        ? []
        : [`${status} ${code} ${reason} of ${domain} is not documented`]),
      ...((await found) === 200 ? [] : [`its type ${type} has no page`]),
      ...(problem['status'] === status ? [] : [`says ${problem['status']}`]),
    ];
  };

  return {
    counts,
    faults,
    total: () => total,
    async judge(request, answer) {
      if (answer.status < 400) return;
      total++;
      const isBodiless = request.startsWith('HEAD ');
      const found = isBodiless ? [] : await findFaults(answer);
      if (isBodiless) counts.set(`${answer.status} (HEAD)`, (counts.get(`${answer.status} (HEAD)`) ?? 0) + 1);
      const told = leaks.ofAnswer(`${JSON.stringify(answer.headers)}\n${answer.text}`).map((leak) => `tells ${leak}`);
      for (const fault of [...found, ...told]) faults.push(`${request}: ${answer.status} ${fault}: ${answer.text.slice(0, 300)}`);
    },
  };
}
