import { z } from 'zod';
import { flag, isTarget } from './config-types';
import { type Contradiction, contradiction, togetherContradictions } from './contradiction';
import { hostsOf, isLoopback } from './loopback';

/** A path; what is in the file is looked at by who reads it. */
export const file = z.string().min(1).meta({ form: 'path' });

const toEntries = (text: string) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);

// as they stand in certificates, letter for letter: no wildcards
const isPeerName = (text: string) =>
  /^(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/.test(text) || /^spiffe:\/\/[a-z0-9._-]{1,255}(\/[A-Za-z0-9._-]+)*$/.test(text);

/** Who may call a service: names that certificates have. */
export const peers = z
  .string()
  .transform(toEntries)
  .refine(
    (names) => names.length > 0 && names.every(isPeerName),
    'must be names that certificates have, with commas between: DNS names in lower case without wildcards, or spiffe:// URIs',
  )
  .meta({ form: 'names' });

const serverNames = z
  .string()
  .transform((text, context) => {
    const compact = text.replaceAll(/\s/g, '');
    // a target may be several addresses, with commas between
    const pairs = [...compact.matchAll(/([^=]+)=([^=,]*)(?:,|$)/g)].map(([, target, name]) => [target!, name!] as const);
    const names = new Map(pairs);
    if (
      pairs.map(([target, name]) => `${target}=${name}`).join() !== compact ||
      names.size !== pairs.length ||
      pairs.some(([target, name]) => !isTarget(target) || !isPeerName(name))
    )
      context.addIssue(
        'must be target=name, several with commas between, each target once and as its own setting has it; a name is a DNS name in lower case or a spiffe:// URI',
      );
    return names;
  })
  .meta({ form: 'targets with names' });

/** Settings of every process that serves or calls gRPC. Spread into the schema of an app. */
export const mtlsConfig = {
  MTLS_CERT_FILE: file
    .optional()
    .describe(
      'PEM file with the certificate, and its chain, by which the process proves who it is to those that call it and that it calls. With it all gRPC is mutual TLS. Read again when it changes',
    ),
  MTLS_KEY_FILE: file.optional().describe('PEM file with the key of the certificate'),
  MTLS_CA_FILE: file
    .optional()
    .describe('PEM file with the certificates of the CAs by which others prove who they are; two while one takes the place of the other'),
  MTLS_SERVER_NAMES: serverNames
    .prefault('')
    .describe(
      'names that the certificate of a called service must have, DNS or `spiffe://`, in place of the host of its target: `target=name` with commas between',
    ),
  ALLOW_PLAINTEXT_GRPC: flag('false').describe(
    'whether gRPC may go in plain text, without `MTLS_CERT_FILE`, between machines: where something else encrypts it and proves who calls, as a service mesh does',
  ),
};

export type MtlsConfig = z.infer<z.ZodObject<typeof mtlsConfig>>;

const files = ['MTLS_CERT_FILE', 'MTLS_KEY_FILE', 'MTLS_CA_FILE'] as const;
const remedy = `set ${files.join(', ')}, or ALLOW_PLAINTEXT_GRPC=true where something else protects it`;

/** Which of them a command needs that connects to the database alone. */
export const databaseCertificates = { MTLS_CERT_FILE: true, MTLS_KEY_FILE: true, MTLS_CA_FILE: true } as const;

/** Questions about the three files alone, for `refineAll`. */
export const certificateContradictions = togetherContradictions(...files);

/**
 * Questions about the settings of mutual TLS together with those of an app, for `refineAll`.
 * @param listeners settings with the hosts of gRPC ports
 * @param targets settings with gRPC targets, and how to read them
 */
export function mtlsContradictions<C extends MtlsConfig>(
  listeners: readonly (keyof C & string)[],
  targets: { readonly [K in keyof C]?: (value: C[K]) => readonly string[] },
): readonly Contradiction<C>[] {
  const isProtected = (config: C) => config.MTLS_CERT_FILE !== undefined || config.ALLOW_PLAINTEXT_GRPC;
  const switches = [files[0], 'ALLOW_PLAINTEXT_GRPC'];
  const targetSettings = Object.keys(targets) as (keyof C & string)[];
  const targetsOf = (config: C, setting: keyof C & string) => targets[setting]!(config[setting]);
  return [
    ...certificateContradictions,
    ...listeners.map((setting): Contradiction<C> => [
      (config) => isProtected(config) || isLoopback(String(config[setting])),
      contradiction([setting, ...switches], `is not loopback, and what is served there would go in plain text: ${remedy}`),
    ]),
    ...targetSettings.map((setting): Contradiction<C> => [
      (config) => isProtected(config) || targetsOf(config, setting).every((target) => hostsOf(target).every(isLoopback)),
      contradiction([setting, ...switches], `is not loopback, and calls to it would go in plain text: ${remedy}`),
    ]),
    ...targetSettings.map((setting): Contradiction<C> => [
      (config) =>
        config.MTLS_CERT_FILE === undefined ||
        targetsOf(config, setting).every((target) => hostsOf(target).length === 1 || config.MTLS_SERVER_NAMES.has(target)),
      contradiction(['MTLS_SERVER_NAMES', setting, files[0]], `must say which name the certificates behind the addresses of ${setting} have`),
    ]),
    [
      (config) => [...config.MTLS_SERVER_NAMES.keys()].every((target) => targetSettings.some((setting) => targetsOf(config, setting).includes(target))),
      contradiction(['MTLS_SERVER_NAMES', ...targetSettings], `names a target that ${targetSettings.join(' and ')} has not: both must be written alike`),
    ],
  ];
}
