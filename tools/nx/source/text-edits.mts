/** Text that goes in at a place of a file, counted in UTF-16 units, and what it takes the place of. */
export interface Edit {
  readonly at: number;
  /** Where what it replaces ends; `at` when it replaces nothing. */
  readonly to?: number;
  readonly text: string;
}

/** Applies edits whose places are those of the text as it was. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  // from the last to the first, so that no place moves; what goes in at one place stands in the order it came
  const ordered = edits.map((edit, index) => ({ ...edit, index })).sort((one, other) => other.at - one.at || other.index - one.index);
  return ordered.reduce((result, { at, to = at, text: added }) => result.slice(0, at) + added + result.slice(to), text);
}
