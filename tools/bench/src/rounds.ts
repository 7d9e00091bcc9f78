import type { Pair, Sample } from './comparison';

export interface Round {
  readonly baseline: Sample;
  readonly contender: Sample;
}

export interface RoundOptions {
  readonly rounds: number;
  /** What the sizes of samples are multiplied with. */
  readonly scale: number;
  /** Told of each round when it is over; rounds count from 1, those before are the warm-up. */
  readonly onRound: (round: number, pair: Pair, result: Round) => void;
}

// until the optimizer has settled
const warmUpRounds = 3;

/**
 * Samples both ways of each pair in turns, who is first changing from round to round, so that what drifts meanwhile (the
 * machine's other load, the heap, the optimizer) drifts under both. What warms up is measured apart, and counts for nothing.
 */
export async function runRounds(pairs: readonly Pair[], { rounds, scale, onRound }: RoundOptions): Promise<ReadonlyMap<Pair, readonly Round[]>> {
  const results = new Map<Pair, Round[]>(pairs.map((pair) => [pair, []]));
  for (let round = 1 - warmUpRounds; round <= rounds; round++)
    for (const pair of pairs) {
      const result = await runRound(pair, Math.max(1, Math.round(pair.requests * scale)), round % 2 === 0);
      if (round > 0) results.get(pair)!.push(result);
      onRound(round, pair, result);
    }
  return results;
}

async function runRound({ baseline, contender }: Pair, requests: number, isBaselineFirst: boolean): Promise<Round> {
  if (isBaselineFirst) return { baseline: await baseline.sample(requests), contender: await contender.sample(requests) };
  const second = await contender.sample(requests);
  return { baseline: await baseline.sample(requests), contender: second };
}
