import { lowerFirst } from '../../source/names.mts';
import { toFirstAnswer } from './method-text.mts';
import type { MethodPlan } from './plan-method.mts';

/** The property that answers the method; `message` is what its resource is called there. */
export function toHandlerText(plan: MethodPlan, { keepsWrites, message }: { keepsWrites: boolean; message: string }): string {
  const name = lowerFirst(plan.name);
  const answer = toFirstAnswer(plan, message);
  const result = answer.startsWith('{') ? `(${answer})` : answer;
  const { requests, responses } = plan.streams;
  if (requests)
    return responses
      ? `async *${name}(requests) { for await (const _ of requests) yield ${answer}; }`
      : `async ${name}(requests) { for await (const _ of requests); return ${answer}; }`;
  if (responses) return `async *${name}() { yield ${answer}; }`;
  return keepsWrites && plan.request.includes('request_id') ? `${name}: write('${name}', async () => ${result})` : `${name}: async () => ${result}`;
}
