/** Nodes with those that each has an arrow to. */
export type Arrows = ReadonlyMap<string, readonly string[]>;

export interface Layers {
  /** From the top; a name that begins with `:` holds the place of a long arrow. */
  readonly layers: readonly (readonly string[])[];
  /** Each arrow with the places that it goes through, its ends included. */
  readonly ways: readonly (readonly string[])[];
}

/** Leaves out the arrows that follow from others: where one leads from a to b and one from b to c, the one from a to c. */
export function withoutShortcuts(arrows: Arrows): Arrows {
  const reached = new Map<string, ReadonlySet<string>>();
  const reachedFrom = (name: string): ReadonlySet<string> => {
    const known = reached.get(name) ?? new Set((arrows.get(name) ?? []).flatMap((next) => [next, ...reachedFrom(next)]));
    reached.set(name, known);
    return known;
  };
  return new Map(
    [...arrows].map(([name, targets]) => [name, targets.filter((target) => !targets.some((other) => other !== target && reachedFrom(other).has(target)))]),
  );
}

/** Lays nodes into layers, each above all that it has an arrow to, and within a layer so that few arrows cross (Sugiyama's way: barycentres, up and down). */
export function toLayers(arrows: Arrows, rounds = 24): Layers {
  const depths = new Map<string, number>();
  const depthOf = (name: string): number => {
    const depth = depths.get(name) ?? 1 + Math.max(-1, ...(arrows.get(name) ?? []).map(depthOf));
    depths.set(name, depth);
    return depth;
  };
  const top = Math.max(...[...arrows.keys()].map(depthOf));
  const layers: string[][] = Array.from({ length: top + 1 }, () => []);
  for (const name of arrows.keys()) layers[top - depthOf(name)]!.push(name);
  const ways: string[][] = [];
  for (const [from, targets] of arrows)
    for (const to of targets) {
      const way = [from];
      for (let depth = depthOf(from) - 1; depth > depthOf(to); depth--) {
        const place = `:${from}:${to}:${depth}`;
        layers[top - depth]!.push(place);
        way.push(place);
      }
      ways.push([...way, to]);
    }

  const neighbours = new Map<string, { up: string[]; down: string[] }>(layers.flat().map((name) => [name, { up: [], down: [] }]));
  for (const way of ways)
    way.slice(1).forEach((lower, index) => {
      neighbours.get(way[index]!)!.down.push(lower);
      neighbours.get(lower)!.up.push(way[index]!);
    });
  const sort = (layer: string[], other: readonly string[], side: 'up' | 'down') => {
    const share = (name: string) => (other.indexOf(name) + 0.5) / other.length;
    const keys = new Map(
      layer.map((name, index) => {
        const near = neighbours.get(name)![side];
        return [name, near.length ? near.reduce((sum, each) => sum + share(each), 0) / near.length : (index + 0.5) / layer.length];
      }),
    );
    layer.sort((one, two) => keys.get(one)! - keys.get(two)!);
  };
  for (let round = 0; round < rounds; round++)
    if (round % 2 === 0) for (let index = 1; index < layers.length; index++) sort(layers[index]!, layers[index - 1]!, 'up');
    else for (let index = layers.length - 2; index >= 0; index--) sort(layers[index]!, layers[index + 1]!, 'down');
  return { layers, ways };
}
