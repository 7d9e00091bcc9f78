import type { Queryable } from '@gatehouse/postgres';
import { isFoundByStep } from './user-search-steps';

const searched = `email || ' ' || username || ' ' || display_name || ' ' || given_name || ' ' || family_name`;

// At most so many rows are looked at, and of so many of the newest people where the trigrams are those of everybody.
const candidates = 2_000;
const newest = 4_000;
// Of those that fit, so many are ranked.
const matches = 300;
// Of the trigrams the rarest leave out the most; more of them would take longer to look up.
const rarest = 4;
// A trigram that more people have would cost more to look up than it leaves out.
const commonFrom = 0.02;

/** Somebody whose names and addresses contain what is searched for; `score` is less the more alike they are. */
export interface TrigramMatch {
  readonly id: string;
  readonly score: string;
}

/**
 * Those that contain each of the words, without those that begin with the whole query, the most alike first. The words of whom it may find
 * have three letters at least, one of them; of words that everybody has, only the newest people are looked at.
 * @param after whom they follow
 */
export async function findByTrigrams(db: Queryable, query: string, after: TrigramMatch | undefined): Promise<readonly TrigramMatch[]> {
  const words = [...new Set(query.split(/\s+/).filter(Boolean))];
  const trigrams = await db.query<{ trigram: string; frequency: number }>({ name: 'find-trigrams', text: trigramsText, values: [words] });
  if (!trigrams.length) return [];
  const isCommon = trigrams[0]!.frequency > commonFrom;
  return db.query<TrigramMatch>({
    name: isCommon ? 'search-newest-users' : 'search-users-by-trigrams',
    text: isCommon ? newestText : containingText,
    values: [query, '\u{10ffff}', words, after?.score, after?.id, ...(isCommon ? [] : [trigrams.map(({ trigram }) => trigram)])],
  });
}

// Trigrams at the ends of a word are of words that begin or end there: what is left whichever letter is put there is within it.
// Without statistics all are rare.
const trigramsText = `
  select trigram, coalesce(frequency, 0)::float8 as frequency
  from (
    select distinct trigram
    from unnest($1::text[]) word, lateral (
      select unnest(show_trgm('0' || word || '0')) as trigram
      intersect select unnest(show_trgm('1' || word || '1'))
      intersect select unnest(show_trgm('2' || word || '2'))
    ) within
  ) asked left join (
    select element, frequency
    from pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) common (element, frequency)
    where schemaname = current_schema() and tablename = 'users_trigrams_idx'
  ) known on element = trigram
  order by 2, 1 limit ${rarest}`;

const toText = (candidate: string) => `
  with candidate as materialized (${candidate})
  select id, score::text as score
  from (
    select id, (1 - similarity(searched, $1::text))::real as score
    from (
      select id, searched from candidate
      where delete_time is null and (select bool_and(strpos(lower(searched), lower(word)) > 0) from unnest($3::text[]) word) and not (${isFoundByStep})
      limit ${matches}
    ) matching
  ) scored
  where $4::text is null or (score, id) > ($4::text::real, $5::uuid)
  order by scored.score, id`;
const columns = `id, delete_time, email, username, display_name, given_name, family_name, ${searched} as searched`;
// planned as if all of them were read, so by the index; and read no further than to the limit
const containingText = toText(`
  with containing as materialized (select ${columns} from users where show_trgm(${searched}) @> $6::text[])
  select * from containing limit ${candidates}`);
const newestText = toText(`select ${columns} from users order by id desc limit ${newest}`);
