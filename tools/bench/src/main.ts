import { bench } from './bench';
import { measureDirectory } from './directory/measure-directory';
import { measureLoginFlood } from './login-flood';
import { becomeMeasured, type MeasuredName } from './measured/start';
import { measuredCommand } from './own-process';

const [command, ...rest] = process.argv.slice(2);
const commands: Readonly<Record<string, () => Promise<void>>> = {
  [measuredCommand]: () => becomeMeasured(rest[0] as MeasuredName),
  directory: () => measureDirectory(rest),
  'login-flood': () => measureLoginFlood(rest),
};
const run = commands[command ?? ''] ?? (() => bench(process.argv.slice(2)));
run().catch((error) => {
  console.error(error instanceof RangeError ? error.message : error);
  process.exit(1);
});
