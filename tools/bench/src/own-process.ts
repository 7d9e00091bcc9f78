import type { MeasuredName } from './measured/start';
import { type MeasuredProcess, startMeasured } from './measured-process';

/** The first argument of a process of this bundle that is to be measured. */
export const measuredCommand = 'measured';

/** Starts one of this bundle's own processes, and gives it with what it says of itself. */
export async function startOwn<Introduction>(
  name: MeasuredName,
  nodeArguments: readonly string[],
): Promise<MeasuredProcess & { readonly introduced: Introduction }> {
  const measured = startMeasured({ bundle: 'tools/bench/main.cjs', arguments: [measuredCommand, name], nodeArguments });
  return { ...measured, introduced: await measured.introduction<Introduction>() };
}
