import { type DescField, type DescMessage, getOption } from '@bufbuild/protobuf';
import { accessRuleOf } from '@gatehouse/access';
import { personal, sensitive } from '@gatehouse/contracts/api';
import { type Route, toRequestTarget } from '@gatehouse/transcoding';

/** Gives what says whether a URL leads, by whichever HTTP method, to where passwords, codes and tokens are tried or given. */
export function createCredentialPaths(routes: readonly Route[]): (url: string) => boolean {
  const patterns = routes.filter(holdsCredentials).map(({ template }) => template.pattern);
  return (url) => {
    const { path } = toRequestTarget(url);
    return patterns.some((pattern) => pattern.test(path));
  };
}

const isSensitive = (field: DescField) => getOption(field, sensitive);
const isConfidential = (field: DescField) => isSensitive(field) || getOption(field, personal);

/** A secret in the answer; or, where no permission is asked for, one in the request, or who somebody is: emails are tried as passwords are. */
function holdsCredentials({ rpc }: Route): boolean {
  const { input, output } = rpc.descriptor;
  const rule = accessRuleOf(rpc).rule.case;
  return hasField(output, isSensitive) || ((rule === 'public' || rule === 'authenticated') && hasField(input, isConfidential));
}

/** Whether a message has such a field; those of messages inside of it count. */
function hasField(message: DescMessage, isSuch: (field: DescField) => boolean, seen: ReadonlySet<DescMessage> = new Set()): boolean {
  return (
    !seen.has(message) &&
    message.fields.some((field) => isSuch(field) || (field.message !== undefined && hasField(field.message, isSuch, new Set([...seen, message]))))
  );
}
