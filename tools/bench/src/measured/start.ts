import { startHasher } from './hasher';
import { startLoggers } from './loggers';
import { startMetricsProcess } from './metrics-process';
import { startNeighbours } from './neighbours';
import { startUserService } from './user-service';
import { startValidator } from './validator';

/** The processes of this bundle that are measured. */
const processes = {
  hasher: startHasher,
  loggers: startLoggers,
  metrics: startMetricsProcess,
  neighbours: startNeighbours,
  'user-service': startUserService,
  validator: startValidator,
} as const;
export type MeasuredName = keyof typeof processes;

/** Becomes the process with the name: says so when it is ready, and ends with SIGTERM. */
export async function becomeMeasured(name: MeasuredName): Promise<void> {
  const { introduction, close } = await processes[name]();
  process.once('SIGTERM', () => void close().then(() => process.exit(0)));
  process.send!(introduction);
}
