import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Gatehouse, startGatehouse } from '../test/support/gatehouse';

let gatehouse: Gatehouse;
beforeAll(async () => (gatehouse = await startGatehouse()));
afterAll(() => gatehouse.close());

interface Step {
  readonly command: string;
  readonly answer: string;
}

/** The commands of the README's console blocks, each with what it shows as its answer. */
function readTranscript(): Step[] {
  const blocks = [...readFileSync(`${__dirname}/../../../README.md`, 'utf8').matchAll(/^```console\n([\s\S]*?)^```/gm)].map(([, block]) => block!);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((step) => {
        const [command = '', ...answer] = step.trimEnd().split('\n');
        return { command, answer: answer.join('\n') };
      }),
  );
}

/** `…` stands for what differs from run to run. */
const toPattern = (answer: string) =>
  new RegExp(
    `^${answer
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[^]*?')}$`,
  );

it("the README's transcript is what happens", async () => {
  const { administrator, url } = gatehouse;
  const steps = readTranscript();
  expect(steps.length).toBeGreaterThanOrEqual(6);
  const shell = spawn('bash', ['--noprofile', '--norc'], {
    env: { PATH: process.env.PATH ?? '', ADMIN_EMAIL: administrator.email, ADMIN_PASSWORD: administrator.password },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  shell.stdout.on('data', (chunk) => (output += chunk));
  const mark = '---- next ----';
  for (const { command } of steps) shell.stdin.write(`${command.replaceAll('http://127.0.0.1:8080', url)}\necho; echo '${mark}'\n`);
  shell.stdin.end();
  await new Promise((resolve) => shell.once('close', resolve));
  const answers = output.split(mark).map((answer) => answer.trim());
  steps.forEach(({ command, answer }, index) => {
    const got = answers[index] ?? '';
    if (!toPattern(answer).test(got)) throw new Error(`${command}\nshows in the README:\n${answer}\nand gave:\n${got}`);
  });
});
