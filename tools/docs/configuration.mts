// Writes docs/configuration.md from the zod schemas in apps/*/src/config.ts; with --check says whether it is current.
import { type Field, readConfigSchema } from './config-schema.mts';
import { publish } from './page.mts';
import { readServices } from '#services';

const page = 'docs/configuration.md';
const apps = readServices('.').map(({ name }) => name);

const toText = (value: unknown) => (value instanceof Map ? [...value].map((pair) => pair.join('=')).join(',') : String(value));
const isNothing = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0);

/** What a value looks like: said of its type, or the choice that there is. */
function toForm({ meta, def }: Field): string {
  let inner: Field['def'] | undefined = def;
  while (inner && !inner.entries) inner = (inner.innerType ?? inner.in)?.def;
  return meta?.form ?? (inner?.entries ? Object.values(inner.entries).join(', ') : 'text');
}

function toRow(name: string, field: Field): string {
  const absent = field.safeParse(undefined);
  const fallback = !absent.success ? '**required**' : isNothing(absent.data) ? 'off' : `\`${toText(absent.data)}\``;
  const { description = '', secret } = field.meta;
  return `| \`${name}\` | ${fallback} | ${toForm(field)} | ${secret ? 'yes' : ''} | ${description.replaceAll('|', '\\|')} |`;
}

const schemas = await Promise.all(apps.map(async (app) => [app, (await readConfigSchema(app)).shape] as const));
const names = [...new Set(schemas.flatMap(([, shape]) => Object.keys(shape)))];
const ownersOf = (name: string) => schemas.filter(([, shape]) => name in shape).map(([app]) => app);

const toTitle = (owners: readonly string[]) => (owners.length === apps.length ? 'Every service' : owners.join(' and '));
// those of one service, of some, and of all
const titles = [...new Set(names.map((name) => toTitle(ownersOf(name))))].filter((title) => !apps.includes(title) && title !== 'Every service');
const sections = [...apps, ...titles, 'Every service'];
const undocumented = names.filter((name) => !schemas.find(([, shape]) => name in shape)?.[1][name]?.meta.description);
if (undocumented.length) throw new Error(`settings without a description: ${undocumented.join(', ')}`);

const text = [
  '# Configuration',
  '',
  'Made from the schemas in `apps/*/src/config.ts` by `npm run docs`; change them, not this page.',
  '',
  'Every setting is an environment variable. A wrong value stops the start, exit code 1, and names every problem at once, none with its value. An empty variable counts as absent.',
  '',
  'A secret may stand in a file instead: `USER_SECRET_KEY_FILE=/run/secrets/user-key` in place of `USER_SECRET_KEY`. The path is absolute, the file UTF-8 of 64 KiB at most; one line break at its end is cut. Both variables, or a file that is missing, unreadable or empty, stop the start. The file is read at the start alone.',
  '',
  '`--check-config` after a command, `node main.cjs serve --check-config`, `node main.cjs migrate --check-config`, reads what the command would read, the files too, says on stdout that it is valid and exits 0, or names every problem on stderr and exits 1. It opens no port and connects to nothing.',
  '',
  `A variable that begins as the settings of the service do and is none, such as a misspelt one, is warned of on stderr at the start, with the setting that was likely meant; \`--check-config\` counts it as a problem. What Kubernetes sets for Services (\`USER_SERVICE_HOST\` and so on) is passed over; where a Service is named so that its variable is a setting, as \`user-grpc\` sets \`USER_GRPC_PORT\`, the pod needs \`enableServiceLinks: false\`.`,
  '',
  '`npm start` passes on each of these from its own environment, fills in the required ones, limits no rates unless `RATE_LIMIT_ENABLED` is set, takes the URLs of databases and the password of `bootstrap` from no file, and has two more: `GATEHOUSE_DATA_DIR` (`.gatehouse`), the folder that keeps its database and secrets, and `GATEHOUSE_LOOK_PORT` (`8090`), the port of [the page that shows what goes on](observability.md), or `off`.',
  ...sections.flatMap((title) => {
    const rows = names.filter((name) => toTitle(ownersOf(name)) === title);
    return rows.length
      ? [
          '',
          `## ${title}`,
          '',
          '| variable | default | value | secret | meaning |',
          '| --- | --- | --- | --- | --- |',
          ...rows.map((name) => toRow(name, schemas.find(([, shape]) => name in shape)![1][name]!)),
        ]
      : [];
  }),
  '',
].join('\n');

publish(page, text, 'the schemas');
