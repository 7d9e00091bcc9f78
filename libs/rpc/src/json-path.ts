import type { Path } from '@bufbuild/protobuf/reflect';

/** A path in the names that a JSON caller uses: `address.postalCode`, `tags[1]`, `labels["a"]`. */
export function toJsonPath(path: Path): string {
  return path
    .map((part, index) => {
      const dot = index ? '.' : '';
      switch (part.kind) {
        case 'field':
          return dot + part.jsonName;
        case 'oneof':
          return dot + part.name;
        case 'list_sub':
          return `[${part.index}]`;
        case 'map_sub':
          return `[${JSON.stringify(String(part.key))}]`;
        default:
          return '';
      }
    })
    .join('');
}
