import { readServices, type Service } from '#services';
import { resolve } from 'node:path';
import { createGatehouse } from './gatehouse';
import { StartError } from './ports';
import { fail, runAtTerminal, show, tell } from './terminal';

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`the services need Node 24, and this is ${process.version}: use "npm start" or "npm run dev", which bring their own`);
  process.exit(1);
}

const dist = resolve(__dirname, '../..');
const root = resolve(dist, '..');

function readInstalled(): readonly Service[] {
  try {
    return readServices(root);
  } catch (error) {
    return fail(new StartError((error as Error).message, { cause: error }));
  }
}

const installation = {
  services: readInstalled(),
  bundleOf: (service: string) => `${dist}/apps/${service}/main.cjs`,
  lookPage: `${dist}/tools/look`,
  dataFolder: resolve(process.env.GATEHOUSE_DATA_DIR || resolve(root, '.gatehouse')),
  environment: process.env,
  tell,
};

const [mode, ...args] = process.argv.slice(2);
if (mode === 'dev')
  // it needs what builds the services, which a start without it does without
  import('./development/develop').then(({ develop }) => develop(args, root, installation)).catch(fail);
else if (mode !== undefined) fail(new StartError(`unknown argument ${mode}: "npm start" takes none, and "npm run dev -- --help" says what that takes`));
else runAtTerminal(createGatehouse({ ...installation, show }));
