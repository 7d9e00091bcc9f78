// The sum of what `npm test`, `npm run test:workspace` and `npm run test:host` counted.
import { readCounts, toLine } from './counts.mts';

const counts = readCounts('tmp/counts');
console.log(toLine(counts));
process.exitCode = counts.failed || counts.passed === 0 ? 1 : 0;
