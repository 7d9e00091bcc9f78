import type { Layers } from './layers.mts';

/**
 * Gives each name of the layers the middle of its place, from left to right, so that its arrows run as straight as the room allows.
 * @param roomOf how wide a name's place is, the space to its neighbours included
 */
export function toPlaces({ layers, ways }: Layers, width: number, roomOf: (name: string) => number, rounds = 60): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const layer of layers) layer.forEach((name, index) => places.set(name, ((index + 0.5) * width) / layer.length));
  const neighbours = new Map<string, string[]>(layers.flat().map((name) => [name, []]));
  for (const way of ways)
    way.slice(1).forEach((lower, index) => {
      neighbours.get(lower)!.push(way[index]!);
      neighbours.get(way[index]!)!.push(lower);
    });
  for (let round = 0; round < rounds; round++)
    for (const layer of round % 2 ? layers : layers.toReversed()) {
      const wishes = layer.map((name) => {
        const near = neighbours.get(name)!;
        return near.length ? near.reduce((sum, each) => sum + places.get(each)!, 0) / near.length : places.get(name)!;
      });
      // in their order, each as near to its wish as those before it and behind it leave room for
      const room = layer.map(roomOf);
      const fromLeft = pushRight(wishes, room);
      const fromRight = pushLeft(wishes, room, width);
      const between = fromLeft.map((each, index) => (each + fromRight[index]!) / 2);
      const placed = pushLeft(pushRight(between, room), room, width);
      layer.forEach((name, index) => places.set(name, placed[index]!));
    }
  return places;
}

function pushRight(wishes: readonly number[], room: readonly number[]): number[] {
  let end = 0;
  return wishes.map((wish, index) => {
    const place = Math.max(wish, end + room[index]! / 2);
    end = place + room[index]! / 2;
    return place;
  });
}

const pushLeft = (wishes: readonly number[], room: readonly number[], width: number): number[] =>
  pushRight(wishes.map((wish) => width - wish).toReversed(), room.toReversed())
    .map((place) => width - place)
    .toReversed();
