// Whom a search finds without trigrams, in steps: each is a range of an index, which is read from where the page before ended.

/** $1 is what is searched for, $2 the last of the code points, which ends the range of what begins with it, and $3 how many rows there may be. */
const fields = [
  { key: `lower(email collate "C")`, asked: `lower($1::text collate "C")` },
  { key: `lower(nullif(username, '') collate "C")`, asked: `lower($1::text collate "C")` },
  ...['display_name', 'given_name', 'family_name'].map((column) => ({ key: `(lower(${column}) collate "C")`, asked: `(lower($1::text) collate "C")` })),
];
const isWhole = fields.map(({ key, asked }) => ({ key, condition: `${key} = ${asked}` }));
const isBeginning = fields.map(({ key, asked }) => ({ key, condition: `${key} >= ${asked} and ${key} < ${asked} || $2::text` }));
const steps = [...isWhole, ...isBeginning];

/** The number of the step that comes after these. */
export const trigramStep = steps.length;

/** Whether a row begins with what is searched for somewhere, so that a step has found it. */
export const isFoundByStep = `(${isBeginning.map(({ condition }) => `(${condition})`).join(' or ')}) is true`;

/**
 * The rows from a step on, by ascending rank. Those that are passed over, since they are deleted or an earlier step has them, are
 * among them, so that only so many are looked at however many there are.
 * @param isContinued after the row with the key $4 and the id $5, in the first step
 */
export function toStepsText(first: number, isContinued: boolean): string {
  const parts = steps.slice(first).map(({ key, condition }, index) => {
    const step = first + index;
    const before = steps.slice(0, step).map((each) => `(${each.condition})`);
    const isPassedOver = [`delete_time is not null`, ...(before.length ? [`(${before.join(' or ')}) is true`] : [])].join(' or ');
    const after = isContinued && index === 0 ? ` and (${key}, id) > ($4::text, $5::uuid)` : '';
    return `(select ${step} as step, ${key} as key, id, ${isPassedOver} as is_passed_over from users where ${condition}${after} order by ${key}, id limit $3)`;
  });
  // an append ends with the limit, and leaves the steps that it does not come to
  return `select * from (${parts.join('\nunion all ')}) found limit $3`;
}
