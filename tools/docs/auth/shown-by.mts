import { existsSync, readFileSync } from 'node:fs';

/** A test, or a page, that shows what a row says. */
export interface Shown {
  readonly path: string;
  readonly title: string;
  /** What stands in the file as a text of its own: names of tests, and of what they stand in. */
  readonly names: readonly string[];
}

const folders: Readonly<Record<string, string>> = {
  auth: 'apps/auth/test',
  'auth/passwords': 'apps/auth/src/passwords',
  user: 'apps/user/test',
  gateway: 'apps/gateway/test',
  access: 'libs/access/test',
  e2e: 'apps/e2e/test',
};

/** A test by its project and file, such as `auth/login`, and by its name with that of its `describe` before it. */
export function test(place: string, ...names: string[]): Shown {
  const [project, file] = [place.slice(0, place.lastIndexOf('/')), place.slice(place.lastIndexOf('/') + 1)];
  return { path: `${folders[project] ?? project}/${file}.test.ts`, title: names.join(' '), names };
}

/** A page of docs, with a heading or without. */
export const page = (link: string, title: string): Shown => ({ path: `docs/${link}`, title, names: [] });

/**
 * A link to it, for a page of docs.
 * @throws where the file is not there, or has no test of that name
 */
export function toLink({ path, title, names }: Shown): string {
  const file = path.replace(/#.*/, '');
  if (!existsSync(file)) throw new Error(`docs/auth.md: there is no ${file}`);
  // as it stands behind `it(` and the like, on a line of its own or not
  const text = readFileSync(file, 'utf8').replaceAll("\\'", "'").replaceAll(/\(\s+/g, '(');
  for (const name of names)
    if (!["'", '"', '`'].some((quote) => text.includes(`(${quote}${name}${quote}`)))
      throw new Error(`docs/auth.md: ${file} has no test "${name}": name in tools/docs/auth the one that is there now`);
  const address = path.startsWith('docs/') ? path.slice('docs/'.length) : `../${path}`;
  return `[${title.replace(/[|[\]]/g, '\\$&').replace(/\$\{[^}]*\}|%[si]/g, '…')}](${address})`;
}
