/** The process cannot start as it is configured. The message is for the operator, lists every problem and holds no value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[], cause?: unknown) {
    super(`cannot start as configured:\n${problems.map((problem) => `  ${problem}`).join('\n')}`, cause === undefined ? undefined : { cause });
    this.problems = problems;
  }
}
