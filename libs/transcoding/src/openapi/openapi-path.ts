import type { Route } from '../route';

/** A part of a path that the caller chooses. */
export interface PathSlot {
  readonly name: string;
  /** Path of the field that it is, or is part of; undefined for a wildcard that means nothing to the method. */
  readonly fieldPath: string | undefined;
  /** What the template says of the field: `*`, or several segments of which this is one. */
  readonly inner: string;
  /** Whether it may be several segments. */
  readonly isOpen: boolean;
}

/** A path as OpenAPI writes it: every wildcard is a parameter, and what is fixed stays text. */
export interface OpenApiPath {
  readonly path: string;
  readonly slots: readonly PathSlot[];
}

/**
 * The OpenAPI path of a route. Routes with templates of the same shape have one path, so the names come from that one of
 * them whose names are shortest.
 */
export function toOpenApiPath(route: Route, routes: readonly Route[]): OpenApiPath {
  const [naming] = routes
    .filter(({ template }) => template.shape === route.template.shape)
    .map(({ template }) => readSlots(template.source))
    .sort((one, other) => lengthOf(one) - lengthOf(other) || (namesOf(one) < namesOf(other) ? -1 : 1));
  const slots = readSlots(route.template.source).map((slot, index) => ({ ...slot, name: naming![index]!.name }));
  let index = 0;
  return { path: route.template.shape.replaceAll(/\*\*?/g, () => `{${slots[index++]!.name}}`), slots };
}

const namesOf = (slots: readonly PathSlot[]) => slots.map(({ name }) => name).join();
const lengthOf = (slots: readonly PathSlot[]) => namesOf(slots).length;

function readSlots(source: string): PathSlot[] {
  const taken = new Set<string>();
  const toName = (wanted: string) => {
    let name = wanted;
    for (let count = 2; taken.has(name); count++) name = `${wanted}${count}`;
    taken.add(name);
    return name;
  };
  return [...source.matchAll(/\{([^}=]+)(?:=([^}]*))?\}|\*\*?/g)].flatMap(([text, fieldPath, inner = '*']): PathSlot[] => {
    if (fieldPath === undefined) return [{ name: toName('any'), fieldPath, inner: text, isOpen: text === '**' }];
    const segments = inner.split('/');
    const wildcards = segments.flatMap((segment, index) => (segment.startsWith('*') ? [{ segment, before: segments[index - 1] }] : []));
    return wildcards.map(({ segment, before }) => ({
      name: toName(wildcards.length > 1 && before && !before.startsWith('*') ? toCamel(before) : toCamel(fieldPath)),
      fieldPath,
      inner,
      isOpen: segment === '**',
    }));
  });
}

/** `user.display_name` as `userDisplayName`. */
const toCamel = (path: string) => path.replaceAll(/[^a-zA-Z0-9]+([a-zA-Z0-9])/g, (_text, letter: string) => letter.toUpperCase());
