import leven from 'leven';
import type { z } from 'zod';
import { fileSuffix } from './read-config';
import { metaOf } from './setting-meta';

/**
 * The variables that look like settings of a process and are none: misspelt ones, and those of another release. What
 * Kubernetes tells of Services by the same names is passed over (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
 * @param prefixes how the names of its settings begin
 * @returns a sentence for each, with the setting that was likely meant; never a value
 */
export function findUnknownSettings(schema: z.ZodObject, env: NodeJS.ProcessEnv, prefixes: readonly string[]): readonly string[] {
  const settings = Object.entries(schema.shape);
  const files = settings.flatMap(([name, type]) => (metaOf(type as z.ZodType).secret ? [`${name}${fileSuffix}`] : []));
  const known = [...settings.map(([name]) => name), ...files];
  return Object.entries(env)
    .filter(([name, value]) => value && prefixes.some((prefix) => name.startsWith(prefix)) && !known.includes(name) && !isServiceLink(name, value))
    .map(([name]) => `${name}: is no setting of this service${toHint(name, known)}`);
}

function toHint(name: string, known: readonly string[]): string {
  if (name.endsWith(fileSuffix) && known.includes(name.slice(0, -fileSuffix.length)))
    return `: ${name.slice(0, -fileSuffix.length)} is no secret, and is not read from a file`;
  const [nearest] = known.map((setting) => ({ setting, distance: leven(name, setting) })).sort((a, b) => a.distance - b.distance);
  return nearest && nearest.distance <= name.length / 3 ? `; did you mean ${nearest.setting}?` : '';
}

const isServiceLink = (name: string, value: string) =>
  /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/.test(name) ||
  (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value));
