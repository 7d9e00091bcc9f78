import { bench } from './bench';
import { becomeMeasured, type MeasuredName } from './measured/start';
import { measuredCommand } from './own-process';

const [command, ...rest] = process.argv.slice(2);
const work = command === measuredCommand ? becomeMeasured(rest[0] as MeasuredName) : bench(process.argv.slice(2));
work.catch((error) => {
  console.error(error instanceof RangeError ? error.message : error);
  process.exit(1);
});
