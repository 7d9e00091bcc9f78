import type { Queryable } from '@gatehouse/postgres';
import { toStepsText, trigramStep } from './user-search-steps';
import { findByTrigrams } from './user-search-trigrams';

/** Where somebody comes among those that a search finds. */
export interface SearchPlace {
  readonly step: number;
  readonly key: string;
  readonly id: string;
}

/** Some of those that a search finds, in their order. */
export interface SearchFound {
  readonly places: readonly SearchPlace[];
  /** Where to go on; undefined where there is nobody else. */
  readonly next: SearchPlace | undefined;
}

interface StepRow extends SearchPlace {
  readonly is_passed_over: boolean;
}

// how often rows are asked for before a page is given that is not full
const rounds = 5;

/**
 * Finds at most `limit` people by a part of their names, email or username: those first where it is the whole of one, then those where one
 * begins with it, then those that contain its words. However many people there are, a bounded number of them is looked at, so that there may
 * be fewer than `limit` though others follow.
 */
export async function searchUsers(db: Queryable, query: string, limit: number, after: SearchPlace | undefined): Promise<SearchFound> {
  const places: SearchPlace[] = [];
  const rowsAtOnce = 2 * (limit + 1);
  let last = after;
  for (let round = 0; (last?.step ?? 0) < trigramStep; round++) {
    if (places.length > limit) return toFound(places, limit);
    if (round === rounds) return { places, next: last };
    const rows = await readSteps(db, query, rowsAtOnce, last);
    for (const { is_passed_over: isPassedOver, ...place } of rows) {
      if (!isPassedOver) places.push(place);
      last = place;
    }
    if (rows.length < rowsAtOnce) break;
  }
  if (places.length > limit) return toFound(places, limit);
  const matches = await findByTrigrams(db, query, after?.step === trigramStep ? { score: after.key, id: after.id } : undefined);
  return toFound([...places, ...matches.map(({ score, id }) => ({ step: trigramStep, key: score, id }))], limit);
}

const toFound = (places: readonly SearchPlace[], limit: number): SearchFound => ({
  places: places.slice(0, limit),
  next: places.length > limit ? places[limit - 1] : undefined,
});

function readSteps(db: Queryable, query: string, limit: number, after: SearchPlace | undefined): Promise<StepRow[]> {
  const name = after ? `search-users-from-step-${after.step}` : 'search-users';
  return db.query<StepRow>({ name, text: texts.get(name)!, values: [query, '\u{10ffff}', limit, ...(after ? [after.key, after.id] : [])] });
}

const texts: ReadonlyMap<string, string> = new Map([
  ['search-users', toStepsText(0, false)],
  ...Array.from({ length: trigramStep }, (_, step) => [`search-users-from-step-${step}`, toStepsText(step, true)] as const),
]);
