// Builds the image of an app from dist/images/APP. Settings: IMAGE_BUILD (`docker build`), the command that takes a Dockerfile and
// a folder; IMAGE_REPOSITORY (`gatehouse`), what stands before `/APP`; IMAGE_VERSION (`dev`), its tag and label;
// SOURCE_DATE_EPOCH (the commit's time), seconds.
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const app = process.argv[2] ?? '';
const { IMAGE_BUILD = 'docker build', IMAGE_REPOSITORY = 'gatehouse', IMAGE_VERSION = 'dev', SOURCE_DATE_EPOCH } = process.env;

/** What git says; nothing where this is no checkout. */
const git = (...args: string[]) => {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
};

const created = new Date(Number(SOURCE_DATE_EPOCH || git('log', '-1', '--format=%ct') || 0) * 1_000).toISOString().replace('.000Z', 'Z');
const labels: Record<string, string> = {
  APP: app,
  VERSION: IMAGE_VERSION,
  REVISION: git('rev-parse', 'HEAD') || 'unknown',
  SOURCE: process.env.IMAGE_SOURCE ?? 'unknown',
  CREATED: created,
};
const tag = `${IMAGE_REPOSITORY}/${app}:${IMAGE_VERSION}`;
const [command, ...args] = IMAGE_BUILD.split(' ');
const buildArguments = Object.entries(labels).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
const { status, error } = spawnSync(command!, [...args, '--file', 'docker/Dockerfile', ...buildArguments, '--tag', tag, `dist/images/${app}`], {
  stdio: 'inherit',
});
if (error) throw new Error(`${command} cannot be started (${(error as NodeJS.ErrnoException).code}): IMAGE_BUILD names the command that builds images`);
if (status !== 0) process.exit(status ?? 1);
// what Nx keeps: an image itself lies in the store of its engine
writeFileSync(`dist/images/${app}.json`, `${JSON.stringify({ tag, ...labels })}\n`);
