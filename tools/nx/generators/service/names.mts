/** What templates call a service and its resource. */
export interface Names {
  /** `billing` */
  readonly service: string;
  /** `Billing` */
  readonly Service: string;
  /** `BILLING` */
  readonly SERVICE: string;
  /** `lineItem` */
  readonly resource: string;
  /** `LineItem` */
  readonly Resource: string;
  /** `LINE_ITEM` */
  readonly RESOURCE: string;
  /** `Line item` */
  readonly ResourceSentence: string;
  /** `line items` */
  readonly resourceWords: string;
  /** `lineItems` */
  readonly resources: string;
  /** `LineItems` */
  readonly Resources: string;
  /** `line_items`, a field */
  readonly resources_snake: string;
  /** `line_items` */
  readonly table: string;
  /** Of URLs and permissions (AIP-122): `lineItems` */
  readonly collection: string;
  /** `line-item` */
  readonly resourceFile: string;
  /** `line-items` */
  readonly resourceFiles: string;
}

const capital = (word: string) => word[0]!.toUpperCase() + word.slice(1);
const toCamel = (words: string) => words.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The plural of an English word, as most have it. */
export const toPlural = (word: string): string =>
  /[^aeiou]y$/.test(word) ? word.replace(/y$/, 'ies') : /(s|x|z|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;

/** @param resource words of small letters with dashes between */
export function toNames(service: string, resource: string): Names {
  const plural = toPlural(resource);
  const resources = toCamel(plural);
  return {
    service,
    Service: capital(service),
    SERVICE: service.toUpperCase(),
    resource: toCamel(resource),
    Resource: capital(toCamel(resource)),
    RESOURCE: resource.replaceAll('-', '_').toUpperCase(),
    ResourceSentence: capital(resource.replaceAll('-', ' ')),
    resourceWords: plural.replaceAll('-', ' '),
    resources,
    Resources: capital(resources),
    resources_snake: plural.replaceAll('-', '_'),
    table: plural.replaceAll('-', '_'),
    collection: resources,
    resourceFile: resource,
    resourceFiles: plural,
  };
}
