import { factors } from './asvs-v6-factors.mts';
import { passwords } from './asvs-v6-passwords.mts';
import { v7 } from './asvs-v7.mts';
import { v9 } from './asvs-v9.mts';
import { type Shown, toLink } from './shown-by.mts';

/** `none`: there is nothing here that it could be asked of. */
export type Verdict = 'yes' | 'by a setting' | 'partly' | 'no' | 'none';

/** A requirement of OWASP ASVS 5.0, in words of ours. */
export interface Requirement {
  readonly id: string;
  readonly level: 1 | 2 | 3;
  readonly asks: string;
  readonly verdict: Verdict;
  /** Has to be there where it is not met, or met in part. */
  readonly because?: string;
  readonly shown?: readonly Shown[];
}

/** How many requirements each section has in the standard: none is left out here. */
const sections: Readonly<Record<string, number>> = {
  ...{ '6.1': 3, '6.2': 12, '6.3': 8, '6.4': 6, '6.5': 8, '6.6': 4, '6.7': 2, '6.8': 4 },
  ...{ '7.1': 3, '7.2': 4, '7.3': 2, '7.4': 5, '7.5': 3, '7.6': 2 },
  ...{ '9.1': 3, '9.2': 4 },
};

const chapters: readonly (readonly [title: string, requirements: readonly Requirement[]])[] = [
  ['V6 Authentication', [...passwords, ...factors]],
  ['V7 Session management', v7],
  ['V9 Self-contained tokens', v9],
];
const all = chapters.flatMap(([, requirements]) => requirements);

const idsOfStandard = Object.entries(sections).flatMap(([section, count]) => Array.from({ length: count }, (_, index) => `${section}.${index + 1}`));
if (all.map(({ id }) => id).join() !== idsOfStandard.join())
  throw new Error('tools/docs/auth: the requirements are not those of ASVS 5.0, each once and in its order');

function toRow({ id, level, asks, verdict, because, shown = [] }: Requirement): string {
  if (verdict === 'yes' ? !shown.length : !because) throw new Error(`tools/docs/auth: ${id} says ${verdict}, and nothing that shows why`);
  const why = [...(because ? [because] : []), ...shown.map(toLink)].join('; ');
  return `| ${id} | ${level} | ${asks} | ${verdict === 'none' ? '–' : verdict} | ${why} |`;
}

const countOf = (verdict: Verdict) => all.filter((each) => each.verdict === verdict).length;

/** The lines of the checklist. */
export const checklist: readonly string[] = [
  `${all.length} requirements: ${countOf('yes')} are met, ${countOf('by a setting')} by a setting, ${countOf('partly')} in part, ${countOf('no')} not; ${countOf('none')} ask for something that is not here.`,
  ...chapters.flatMap(([title, requirements]) => [
    '',
    `### ${title}`,
    '',
    '| | level | asks for | met | why, and what shows it |',
    '| --- | --- | --- | --- | --- |',
    ...requirements.map(toRow),
  ]),
];
