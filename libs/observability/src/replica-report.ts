import type { ReadRoute, ReadWay } from '@gatehouse/postgres';
import { Counter, Gauge } from 'prom-client';
import type { MetricsRegistry } from './exposition';
import type { Logger } from './logger';

// Being behind is a matter of milliseconds, and of the metrics alone; what is told here is to be mended.
const sentences: Readonly<Partial<Record<ReadWay, string>>> = {
  down: 'the replica does not answer: reads go to the primary',
  position_unknown: 'the primary does not say where its log is: it answers the reads that a replica might',
  promoted: 'the server of the read URL is no standby: reads go to the primary',
  other_cluster: 'the replica is of another cluster than the primary: reads go to the primary',
  other_timeline: 'the replica is on another timeline than the primary, as after a failover: reads go to the primary',
};

const ways: readonly ReadWay[] = ['replica', 'stale', 'down', 'promoted', 'other_cluster', 'other_timeline', 'position_unknown'];

/** Counts which way reads went, and logs why none goes to the replica, once for each reason, and that they do so again. */
export function createReplicaReport({ registry, logger }: { registry: MetricsRegistry; logger: Logger }): (route: ReadRoute) => void {
  const registers = [registry];
  const reads = new Counter({
    name: 'db_client_replica_reads_total',
    help: 'Reads that a replica might answer: by it (replica), or by the primary, for the reason that the label names',
    labelNames: ['way'],
    registers,
  });
  // there from the start, so that the first is an increase
  for (const way of ways) reads.inc({ way }, 0);
  const lag = new Gauge({ name: 'db_client_replica_lag_bytes', help: 'How much of the log the replica had yet to replay as a read last asked it', registers });
  let told: ReadWay = 'replica';
  return ({ way, lagBytes, error }) => {
    reads.inc({ way });
    if (lagBytes !== undefined) lag.set(lagBytes);
    if (way === told || (way !== 'replica' && !sentences[way])) return;
    told = way;
    if (way === 'replica') logger.info('the replica answers reads again');
    else logger.warn(sentences[way]!, error === undefined ? {} : { exception: error });
  };
}
