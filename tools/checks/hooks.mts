// `npm run hooks` has git run .githooks/pre-commit before each commit of this clone; `npm run hooks -- --off` takes it away.
import { execFileSync } from 'node:child_process';

const folder = '.githooks';
const option = process.argv[2];
const git = (...args: string[]) => {
  try {
    return execFileSync('git', ['config', '--local', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  } catch (error) {
    // a key that is not set
    if ((error as { status?: number }).status === 1) return '';
    throw new Error(`git has no clone here: ${String((error as { stderr?: string }).stderr).trim()}`, { cause: error });
  }
};

const set = git('--get', 'core.hooksPath');
if (option !== undefined && option !== '--off') fail(`there is no option ${option}, only --off`);
else if (set && set !== folder) fail(`this clone has hooks of its own in ${set}: "git config --unset core.hooksPath" gives them up`);
else if (option === '--off') {
  if (set) git('--unset', 'core.hooksPath');
  console.log('commits are made without a look at them; npm test looks');
} else {
  git('core.hooksPath', folder);
  console.log('each commit gives its files their form and lints them; "npm run hooks -- --off" takes that away');
}

function fail(text: string): void {
  console.error(text);
  process.exitCode = 1;
}
