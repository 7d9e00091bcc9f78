// Writes docs/configuration.md from the zod schemas in apps/*/src/config.ts; with --check says whether it is current.
import { type Field, readConfigSchema } from './config-schema.mts';
import { publish } from './page.mts';

const page = 'docs/configuration.md';
const apps = ['gateway', 'user', 'auth'];

const toText = (value: unknown) => (value instanceof Map ? [...value].map((pair) => pair.join('=')).join(',') : String(value));
const isNothing = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0);

function toRow(name: string, field: Field): string {
  const absent = field.safeParse(undefined);
  const fallback = !absent.success ? '**required**' : isNothing(absent.data) ? 'off' : `\`${toText(absent.data)}\``;
  return `| \`${name}\` | ${fallback} | ${(field.description ?? '').replaceAll('|', '\\|')} |`;
}

const schemas = await Promise.all(apps.map(async (app) => [app, (await readConfigSchema(app)).shape] as const));
const names = [...new Set(schemas.flatMap(([, shape]) => Object.keys(shape)))];
const ownersOf = (name: string) => schemas.filter(([, shape]) => name in shape).map(([app]) => app);

const sections = [...apps.map((app) => [app, (owners: string[]) => owners.length === 1 && owners[0] === app] as const), ['Every service', (owners: string[]) => owners.length > 1] as const];
const undocumented = names.filter((name) => !schemas.find(([, shape]) => name in shape)?.[1][name]?.description);
if (undocumented.length) throw new Error(`settings without a description: ${undocumented.join(', ')}`);

const text = [
  '# Configuration',
  '',
  'Made from the schemas in `apps/*/src/config.ts` by `npm run docs`; change them, not this page.',
  '',
  'Every setting is an environment variable. A wrong value stops the start and names every problem at once. An empty value counts as absent. `npm start` passes on each of these from its own environment, fills in the required ones, limits no rates unless `RATE_LIMIT_ENABLED` is set, and has two more: `GATEHOUSE_DATA_DIR` (`.gatehouse`), the folder that keeps its database and secrets, and `GATEHOUSE_LOOK_PORT` (`8090`), the port of [the page that shows what goes on](observability.md), or `off`.',
  ...sections.flatMap(([title, belongs]) => {
    const rows = names.filter((name) => belongs(ownersOf(name)));
    return rows.length
      ? ['', `## ${title}`, '', '| variable | default | meaning |', '| --- | --- | --- |', ...rows.map((name) => toRow(name, schemas.find(([, shape]) => name in shape)![1][name]!))]
      : [];
  }),
  '',
].join('\n');

publish(page, text, 'the schemas');
