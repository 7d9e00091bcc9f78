import { spawnSync } from 'node:child_process';

/** Makes what is made from the new files: generated code, pages, renderings; says what cannot be made here. */
export function makeGenerated(workspace: string, service: string): void {
  const hasKubectl = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status === 0;
  const run = (...args: string[]) => spawnSync('npm', ['run', '--silent', ...args], { cwd: workspace, stdio: 'inherit' }).status === 0;
  const left = [...(run('docs') ? [] : ['npm run docs']), ...(hasKubectl && run('kubernetes') ? [] : ['npm run kubernetes, with kubectl of Kustomize 5'])];
  console.log(left.length ? `\n${service} is made but for what these make: ${left.join('; ')}` : `\n${service} is made: "npm start" runs it`);
}
