/** A set of ids, kept as ranges: it grows with the gaps between them, not with their number. */
export interface IdRanges {
  add(id: bigint): void;
  /** Gives whether it was there. */
  delete(id: bigint): boolean;
  clear(): void;
  /** How many ranges there are. */
  count(): number;
  /** As PostgreSQL's int8multirange is written. */
  toString(): string;
}

interface Range {
  from: bigint;
  /** The last that is in it. */
  to: bigint;
}

export function createIdRanges(): IdRanges {
  // in order, with a gap after each
  const ranges: Range[] = [];

  /** The index of the last range that does not begin after the id; -1 where there is none. */
  const findIndex = (id: bigint): number => {
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ranges[middle]!.from <= id) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };

  return {
    add(id) {
      const index = findIndex(id);
      const [before, after] = [ranges[index], ranges[index + 1]];
      if (before && id <= before.to) return;
      const joinsBefore = before?.to === id - 1n;
      if (after?.from === id + 1n) {
        after.from = joinsBefore ? before!.from : id;
        if (joinsBefore) ranges.splice(index, 1);
      } else if (joinsBefore) before!.to = id;
      else ranges.splice(index + 1, 0, { from: id, to: id });
    },
    delete(id) {
      const index = findIndex(id);
      const range = ranges[index];
      if (!range || id > range.to) return false;
      const rest = [
        { from: range.from, to: id - 1n },
        { from: id + 1n, to: range.to },
      ];
      ranges.splice(index, 1, ...rest.filter(({ from, to }) => from <= to));
      return true;
    },
    clear: () => void ranges.splice(0),
    count: () => ranges.length,
    toString: () => `{${ranges.map(({ from, to }) => `[${from},${to}]`).join(',')}}`,
  };
}
