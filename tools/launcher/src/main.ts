import { readServices, type Service } from '#services';
import { resolve } from 'node:path';
import { createGatehouse } from './gatehouse';
import { toShown } from './output';
import { StartError } from './ports';

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`the services need Node 24, and this is ${process.version}: use "npm start", which brings its own`);
  process.exit(1);
}

const dist = resolve(__dirname, '../..');
const isTerminal = process.stdout.isTTY === true;
const screen = { isTerminal, hasColors: isTerminal && process.stdout.hasColors() };
// Milliseconds.
const sameWishMs = 1_000;
const tell = (text: string) => console.log(isTerminal ? `· ${text}` : text);

let services: readonly Service[];
try {
  services = readServices(resolve(dist, '..'));
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}

const gatehouse = createGatehouse({
  services,
  bundles: `${dist}/apps`,
  lookPage: `${dist}/tools/look`,
  dataFolder: resolve(process.env.GATEHOUSE_DATA_DIR || resolve(dist, '../.gatehouse')),
  environment: process.env,
  show: (service, line) => console.log(toShown(service, line, screen)),
  tell,
});

let stopping = false;
let stoppingSince = 0;
async function stop(code: number): Promise<void> {
  if (stopping) {
    // one wish to stop may reach us twice: from the terminal or `timeout`, and again from npm, which passes it on
    if (Date.now() - stoppingSince < sameWishMs) return;
    await gatehouse.kill();
    process.exit(1);
  }
  stopping = true;
  stoppingSince = Date.now();
  tell('stopping');
  await gatehouse.stop();
  process.exit(code);
}

// a reader of our output that went away is no reason to leave processes behind
process.stdout.on('error', () => {});
process.on('SIGINT', () => void stop(0));
process.on('SIGTERM', () => void stop(0));
process.on('SIGHUP', () => void stop(0));

// npm that is killed tells nobody: but then we have another parent
if (process.env.npm_lifecycle_event) {
  const parent = process.ppid;
  setInterval(() => void (process.ppid !== parent && !stopping && stop(0)), 1_000).unref();
}

void gatehouse.broken.then((text) => {
  if (stopping) return;
  console.error(text);
  void stop(1);
});

gatehouse
  .start()
  .then(({ url, administrator, lookUrl }) => {
    if (stopping) return;
    const look = lookUrl ? `\na look inside: ${lookUrl}` : '';
    console.log(`Gatehouse is ready: ${url}\nadministrator: ${administrator.email}\npassword: ${administrator.password}${look}`);
  })
  .catch((error) => {
    if (stopping) return;
    console.error(error instanceof StartError ? error.message : error);
    void stop(1);
  });
