import type { Comparison, Sample } from '../comparison';
import { requestNames, type ValidatorQuestion } from '../measured/validator';
import { startOwn } from '../own-process';

/** What the rules of the contract cost. */
export const validation: Comparison = {
  name: 'validation',
  title: "The contract's rules",
  about:
    'Reading the bytes of a request and holding it to its rules (`buf.validate`, and no NUL) against reading it alone, as libs/rpc does before a handler, in a process that does nothing else.',
  measure: 'difference',
  bar: 20,
  async open({ nodeArguments }) {
    const validator = await startOwn('validator', nodeArguments);
    const read = (request: string, isValidated: boolean) => (count: number) =>
      validator.ask<Sample, ValidatorQuestion>({ ask: 'read', request, isValidated, count });
    return {
      pairs: requestNames.map((request) => ({
        name: request,
        requests: 10_000,
        baseline: { name: 'read', sample: read(request, false) },
        contender: { name: 'validated', sample: read(request, true) },
      })),
      close: () => validator.stop(),
    };
  },
};
