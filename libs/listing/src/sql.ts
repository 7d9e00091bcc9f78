/** A condition of SQL that can stand beside others, and the values of its placeholders; what a caller wrote is among the values alone. */
export interface SqlCondition {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Takes a value, and gives the placeholder that stands for it. */
export type Bind = (value: unknown) => string;

/** Writes a condition whose placeholders are counted from `start`. */
export function toCondition(start: number, write: (bind: Bind) => string): SqlCondition {
  const values: unknown[] = [];
  const text = write((value) => `$${start + values.push(value) - 1}`);
  return { text, values };
}
