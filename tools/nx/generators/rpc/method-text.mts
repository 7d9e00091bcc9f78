import { lowerFirst, toPlural, toSnake } from '../../source/names.mts';
import type { MethodPlan } from './plan-method.mts';

/** The method as its service's block has it. */
export function toMethodText({ name, requestType, responseType, streams, reads, http, access, summary }: MethodPlan): string {
  const rules = {
    public: 'public: {}',
    authenticated: 'authenticated: {}',
    permission: `permission: {permission: "${access.permission}"}`,
    service: `service_only: {}\n services: ["${access.caller}"]`,
  };
  const binding = http && (http.body ? `{\n ${http.verb}: "${http.path}"\n body: "${http.body}"\n }` : `{${http.verb}: "${http.path}"}`);
  return [
    `// ${summary}`,
    `rpc ${name}(${streams.requests ? 'stream ' : ''}${requestType}) returns (${streams.responses ? 'stream ' : ''}${responseType}) {`,
    ...(reads ? ['option idempotency_level = NO_SIDE_EFFECTS;'] : []),
    ...(binding ? [`option (google.api.http) = ${binding};`] : []),
    `option (gatehouse.api.v1.access) = {\n ${rules[access.kind]}\n };`,
    '}',
  ].join('\n');
}

const uuid = '(gatehouse.api.v1.canonical_form) = CANONICAL_FORM_UUID,\n (buf.validate.field).string.uuid = true';

/** The fields of a request, in the form that `buf format` gives them. */
const fields: Readonly<Record<MethodPlan['request'][number], (resource: string) => readonly string[]>> = {
  id: () => [`string id = 0 [\n (google.api.field_behavior) = REQUIRED,\n ${uuid}\n ];`],
  page: () => [
    '// At most this many; 0 means 50, and more than 200 is taken as 200.\n int32 page_size = 0 [(buf.validate.field).int32.gte = 0];',
    '// The next_page_token of the page before.\n string page_token = 0 [(buf.validate.field).string.max_len = 2048];',
  ],
  resource: (resource) => [`${resource} ${toSnake(resource)} = 0 [\n (google.api.field_behavior) = REQUIRED,\n (buf.validate.field).required = true\n ];`],
  update_mask: () => ['// The fields to change. Without paths, the fields that have a value are changed.\n google.protobuf.FieldMask update_mask = 0;'],
  request_id: () => [
    `// Makes the call safe to repeat: the same request_id gives the same answer for a day.\n string request_id = 0 [\n ${uuid},\n (buf.validate.field).ignore = IGNORE_IF_ZERO_VALUE\n ];`,
  ],
};

const toMessage = (name: string, texts: readonly string[]): string =>
  texts.length ? `message ${name} {\n${texts.map((text, index) => text.replace(' = 0', ` = ${index + 1}`)).join('\n')}\n}` : `message ${name} {}`;

/** The messages of the method that the contract does not have, by their names. */
export function toMessageTexts(
  { kind, resource = '', request, requestType, responseType }: MethodPlan,
  known: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const needed: [string, string][] = [];
  if (resource)
    needed.push([
      resource,
      toMessage(resource, [
        '// UUID version 7.\n string id = 0 [\n (google.api.field_behavior) = IDENTIFIER,\n (gatehouse.api.v1.canonical_form) = CANONICAL_FORM_UUID\n ];',
      ]),
    ]);
  needed.push([
    requestType,
    toMessage(
      requestType,
      request.flatMap((field) => fields[field](resource)),
    ),
  ]);
  if (responseType !== resource)
    needed.push([
      responseType,
      toMessage(
        responseType,
        kind === 'list' ? [`repeated ${resource} ${toSnake(toPlural(resource))} = 0;`, '// Empty on the last page.\n string next_page_token = 0;'] : [],
      ),
    ]);
  return new Map(needed.filter(([name]) => !known.has(name)));
}

/** What the method answers until it does its work, as an expression, and what stands for the resource in it. */
export function toFirstAnswer({ kind, resource = '', responseType }: MethodPlan, message = resource): string {
  if (kind === 'list') return `{ ${lowerFirst(toPlural(resource))}: [], nextPageToken: '' }`;
  return responseType === resource ? `${message}.fromPartial({})` : '{}';
}
