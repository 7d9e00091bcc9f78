import type { Comparison } from './comparison';
import { errorPath } from './comparisons/error-path';
import { login } from './comparisons/login';
import { logLine } from './comparisons/log-line';
import { scrape } from './comparisons/scrape';
import { telemetry } from './comparisons/telemetry';
import { validation } from './comparisons/validation';

/** Every comparison, in the order of the page. */
const comparisons: readonly Comparison[] = [errorPath, validation, logLine, scrape, telemetry, login];

/** Those with the names, or all. @throws RangeError for a name that none has */
export function selectComparisons(names: readonly string[]): readonly Comparison[] {
  const strange = names.find((name) => !comparisons.some((comparison) => comparison.name === name));
  if (strange !== undefined) throw new RangeError(`there is no comparison "${strange}": there are ${comparisons.map(({ name }) => name).join(', ')}`);
  return names.length ? comparisons.filter(({ name }) => names.includes(name)) : comparisons;
}
