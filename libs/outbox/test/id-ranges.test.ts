import { createIdRanges } from '../src/id-ranges';

describe('ranges of ids', () => {
  it('are few where the ids are close together, in whatever order they come', () => {
    const ids = createIdRanges();
    for (const id of [5n, 7n, 1n, 6n, 2n, 9n, 6n]) ids.add(id);
    expect([ids.toString(), ids.count()]).toEqual(['{[1,2],[5,7],[9,9]}', 3]);
    expect([ids.delete(6n), ids.delete(6n), ids.delete(1n), ids.delete(9n), ids.delete(8n)]).toEqual([true, false, true, true, false]);
    expect(ids.toString()).toBe('{[2,2],[5,5],[7,7]}');
    ids.clear();
    expect([ids.toString(), ids.count()]).toEqual(['{}', 0]);
  });

  it('hold what a set holds', () => {
    const ids = createIdRanges();
    const set = new Set<bigint>();
    let state = 1;
    for (let turn = 0; turn < 5_000; turn++) {
      state = (state * 48_271) % 2_147_483_647;
      const id = BigInt(state % 97);
      if (state % 5 < 3) {
        ids.add(id);
        set.add(id);
      } else expect(ids.delete(id)).toBe(set.delete(id));
    }
    const held = [...ids.toString().matchAll(/\[(\d+),(\d+)\]/g)].flatMap(([, from, to]) =>
      Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => BigInt(Number(from) + index)),
    );
    expect(held).toEqual([...set].sort((one, other) => Number(one - other)));
  });
});
