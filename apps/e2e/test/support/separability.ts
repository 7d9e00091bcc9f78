/**
 * How well the larger of two times tells which of two groups it is from: the area under the ROC curve, by the ranks of Mann and Whitney.
 * 0.5 is a coin, 1 is certainty, whichever group is slower.
 */
export function toAuc(one: readonly number[], other: readonly number[]): number {
  const all = [...one.map((value) => ({ value, isOne: true })), ...other.map((value) => ({ value, isOne: false }))].sort((a, b) => a.value - b.value);
  let ranks = 0;
  for (let first = 0; first < all.length;) {
    let next = first + 1;
    while (next < all.length && all[next]!.value === all[first]!.value) next++;
    // those that are equal share their ranks, which count from 1
    ranks += all.slice(first, next).filter(({ isOne }) => isOne).length * ((first + 1 + next) / 2);
    first = next;
  }
  const auc = (ranks - (one.length * (one.length + 1)) / 2) / (one.length * other.length);
  return Math.max(auc, 1 - auc);
}

export const toMedian = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
