// Whether the last release can live with the migrations that came after it, and whether those that it has applied are as they
// were. `node tools/release/migrations/main.mts [folder…]` looks at every migration of the folders instead, `--since=<commit>` compares
// with a commit.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { lastRelease } from '../last-release.mts';
import { EarlierMigrations } from './altered-table.mts';
import { checkMigration } from './check-migration.mts';
import { readStatements } from './statements.mts';

const { positionals: named, values } = parseArgs({ allowPositionals: true, options: { since: { type: 'string' } } });
const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', maxBuffer: 64 << 20 });
const isMigration = (file: string) => /^(apps|libs)\/.+\/migrations\/[^/]+\.sql$/.test(file);
const since = values.since === undefined ? undefined : { version: values.since, commit: values.since };
const release = named.length ? undefined : (since ?? lastRelease());
const name = since ? `commit ${since.version}` : `release ${release?.version}`;
const released = new Set(release ? git('ls-tree', '-r', '--name-only', release.commit).split('\n').filter(isMigration) : []);
const here = git('ls-files', '--cached', '--others', '--exclude-standard').split('\n').filter(isMigration);
const folders = named.length ? named : [...new Set([...here, ...released].map((file) => file.slice(0, file.lastIndexOf('/'))))].sort();

const problems: string[] = [];
let looked = 0;
for (const folder of folders) {
  const known = new EarlierMigrations();
  if (named.length && !existsSync(folder)) problems.push(`${folder}: there is no such folder`);
  const list = existsSync(`${folder}.ts`) ? readFileSync(`${folder}.ts`, 'utf8') : undefined;
  const files = existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith('.sql'))
        .sort()
    : [];
  for (const gone of [...released].filter((file) => file.startsWith(`${folder}/`) && !existsSync(file)))
    problems.push(`${gone}: ${name} has applied it, and it is gone: restore it`);
  for (const [index, file] of files.entries()) {
    const path = join(folder, file);
    const sql = readFileSync(path, 'utf8');
    if (!file.startsWith(`${String(index + 1).padStart(4, '0')}_`))
      problems.push(`${path}: it is number ${index + 1} of its folder, so its name begins with ${String(index + 1).padStart(4, '0')}_`);
    if (list && !list.includes(`'${basename(file, '.sql')}'`)) problems.push(`${path}: ${folder}.ts does not list it, so nothing applies it`);
    if (released.has(path) && git('show', `${release!.commit}:${path}`) !== sql)
      problems.push(`${path}: ${name} has applied it as it was: restore it, and write a new one`);
    try {
      const found = checkMigration(await readStatements(sql), known);
      // a release that has it already has nothing to fear of it
      if (released.has(path)) continue;
      looked++;
      problems.push(...found.map(({ line, text }) => `${path}:${line}: ${text}`));
    } catch (error) {
      problems.push(`${path}: ${(error as Error).message}`);
    }
  }
}
if (problems.length) console.error(problems.join('\n'));
else console.log(`${looked} migrations${release ? ` since ${name}` : ''}, each of which it can live with`);
process.exitCode = problems.length ? 1 : 0;
