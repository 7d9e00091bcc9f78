import type { Person } from './people';
import { toTime } from './people';
import type { Random } from './random';

/** A filter as it is written, and what it means, said a second time. */
export interface Meaning {
  readonly kind: 'comparison' | 'not' | 'and' | 'or';
  readonly text: string;
  holds(person: Person): boolean;
}

const characters = ['a', 'A', 'b', 'B', 'é', 'z', '%', '_', '\\', '"', "'", '*', ' ', '.', '$1', '😀', '\ud7ff', '\ue000', '\uffff', '\u{10ffff}'];
const emailCharacters = ['a', 'A', 'b', 'B', '%', '_', '.', '@'];
const metadataValues = ['pro', 'free', '1', 1, 2.5, true, false, null, ['pro', 1], [], { plan: 'pro', '0': 'x' }, {}];
const start = 1_700_000_000_000_000n;

export function randomPerson(random: Random): Person {
  const { below, pick, chance, many, textOf, uuid } = random;
  return {
    id: uuid(),
    email: textOf(emailCharacters, 1, 4),
    displayName: chance(0.2) ? null : textOf(characters, 0, 3),
    status: pick(['active', 'on leave', 'gone']),
    createTime: start + BigInt(below(40)),
    logins: BigInt(below(6) - 2) * (chance(0.1) ? 2n ** 61n : 1n),
    score: chance(0.2) ? null : pick([-1.5, 0, 0.1, 1e21]),
    verified: chance(0.5),
    roles: many(0, 3, () => pick(['admin', 'member', 'x y', '*'])),
    metadata: chance(0.1) ? null : Object.fromEntries(many(0, 3, () => [pick(['plan', 'a b', 'level']), pick(metadataValues)])),
  };
}

const byCodePoints = (left: string, right: string) => Buffer.compare(Buffer.from(left), Buffer.from(right));
const foldCase = (value: string) => value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
const operators = { '=': [0], '!=': [-1, 1], '<': [-1], '<=': [-1, 0], '>': [1], '>=': [1, 0] } as const;

/** Makes filters at random, of all that a filter can have, with so many levels of AND, OR and NOT. */
export function createRandomFilters(random: Random, depth = 3) {
  const { below, pick, chance, many, textOf } = random;
  const quote = (value: string): string => {
    const mark = pick(['"', "'"]);
    return mark + value.replace(/[\\*]/g, '\\$&').replaceAll(mark, `\\${mark}`) + mark;
  };
  const write = (value: string): string => (/^[a-z\d]+$/i.test(value) && chance(0.5) ? value : quote(value));
  const space = () => pick(['', ' ', '  ']);
  const comparison = (name: string, operator: string, value: string, holds: Meaning['holds']): Meaning => ({
    kind: 'comparison',
    text: name + space() + operator + space() + value,
    holds,
  });
  const compare = <T>(
    name: string,
    read: (person: Person) => T | null,
    order: (left: T, right: T) => number,
    value: T,
    written: string,
    some = Object.keys(operators),
  ) => {
    const operator = pick(some) as keyof typeof operators;
    return comparison(name, operator, written, (person) => {
      const found = read(person);
      return found === null ? operator === '!=' : (operators[operator] as readonly number[]).includes(Math.sign(order(found, value)));
    });
  };
  const byValue = <T>(left: T, right: T) => (left < right ? -1 : left > right ? 1 : 0);
  const prefix = (name: string, read: (person: Person) => string | null, begin: string) => {
    const isEqual = chance(0.7);
    const mark = quote(begin);
    const holds = (person: Person) => (read(person)?.startsWith(begin) ?? false) === isEqual;
    return comparison(name, isEqual ? '=' : '!=', `${mark.slice(0, -1)}*${mark.at(-1)}`, holds);
  };
  const offsets = [
    ['Z', 0n],
    ['+02:00', 7_200_000_000n],
    ['-04:30', -16_200_000_000n],
  ] as const;
  const writeTime = (microseconds: bigint) => {
    const [zone, shift] = pick(offsets);
    const written = toTime(microseconds + shift).replace('Z', zone);
    return chance(0.5) ? written : `"${written}"`;
  };
  const email = (person: Person) => foldCase(person.email);
  const metadata = (): Meaning => {
    const keys = many(1, 2, () => pick(['plan', 'a b', 'level', '0']));
    const name = ['metadata', ...keys.map((key) => (/ /.test(key) ? quote(key) : key))].join('.');
    const find = ({ metadata: found }: Person): unknown =>
      keys.reduce<unknown>(
        (at, key) => (at && typeof at === 'object' && !Array.isArray(at) && Object.hasOwn(at, key) ? (at as Record<string, unknown>)[key] : undefined),
        found,
      );
    if (chance(0.2)) return comparison(name, ':', '*', (person) => find(person) !== undefined);
    const [written, value] = pick([
      ['pro', 'pro'],
      ["'pro'", 'pro'],
      ['1', 1],
      ['"1"', '1'],
      ['2.50', 2.5],
      ['true', true],
      ['"true"', 'true'],
      ['null', 'null'],
    ] as const);
    const operator = pick(['=', '!=', ':']);
    return comparison(name, operator, written, (person) => {
      const found = find(person);
      if (operator === ':') return found === value || (Array.isArray(found) && found.includes(value));
      return (found === value) === (operator === '=');
    });
  };
  const kinds: (() => Meaning)[] = [
    () => {
      const value = textOf(emailCharacters, 1, 4);
      return compare(pick(['email']), email, byCodePoints, foldCase(value), quote(value));
    },
    () => {
      const begin = textOf(emailCharacters, 0, 2);
      const isEqual = chance(0.7);
      return comparison(
        'email',
        isEqual ? '=' : '!=',
        `"${begin.replaceAll('\\', '\\\\')}*"`,
        (person) => email(person).startsWith(foldCase(begin)) === isEqual,
      );
    },
    () => {
      const value = textOf(characters, 0, 3);
      return compare(pick(['displayName', 'display_name']), (person) => person.displayName, byCodePoints, value, write(value));
    },
    () => prefix('displayName', (person) => person.displayName, textOf(characters, 0, 2)),
    () => comparison('display_name', ':', '*', (person) => person.displayName !== null),
    () => {
      const [written, value] = pick([
        ['ACTIVE', 'active'],
        ['PERSON_STATUS_GONE', 'gone'],
        ['ON_LEAVE', 'on leave'],
        ['"GONE"', 'gone'],
      ] as const);
      return compare('status', (person) => person.status, byValue, value as string, written, ['=', '!=']);
    },
    () => {
      const value = start + BigInt(below(40));
      return compare(pick(['createTime', 'create_time']), (person) => person.createTime, byValue, value, writeTime(value));
    },
    () => {
      const value = BigInt(below(6) - 2) * (chance(0.1) ? 2n ** 61n : 1n);
      return compare('logins', (person) => person.logins, byValue, value, String(value));
    },
    () => {
      const [written, value] = pick([
        ['-1.5', -1.5],
        ['0', 0],
        ['0.1', 0.1],
        ['1e21', 1e21],
        ['"1e+21"', 1e21],
      ] as const);
      return compare('score', (person) => person.score, byValue, value as number, written);
    },
    () => {
      const value = chance(0.5);
      return compare('verified', (person) => person.verified, byValue, value, String(value), ['=', '!=']);
    },
    () => {
      const value = pick(['admin', 'member', 'x y', '*']);
      return comparison('roles', ':', write(value), (person) => person.roles.includes(value));
    },
    () => comparison('roles', ':', '*', (person) => person.roles.length > 0),
    () => {
      const key = pick(['plan', 'a b', 'none']);
      return comparison('metadata', ':', write(key), (person) => Object.hasOwn(person.metadata ?? {}, key));
    },
    metadata,
    metadata,
  ];

  function make(levels: number): Meaning {
    if (levels === 0 || chance(0.3)) return pick(kinds)();
    const parenthesise = ({ text }: Meaning) => `(${space()}${text}${space()})`;
    if (chance(0.25)) {
      const inner = make(levels - 1);
      const text = pick(['NOT ', '-']) + (inner.kind === 'comparison' && chance(0.7) ? inner.text : parenthesise(inner));
      return { kind: 'not', text, holds: (person) => !inner.holds(person) };
    }
    const operands = many(2, 3, () => make(levels - 1));
    if (chance(0.5)) {
      const text = operands.map((operand) => (operand.kind === 'and' || chance(0.2) ? parenthesise(operand) : operand.text)).join(' OR ');
      return { kind: 'or', text, holds: (person) => operands.some(({ holds }) => holds(person)) };
    }
    // no parentheses around OR: it binds tighter than AND
    const text = operands.map((operand) => (chance(0.2) ? parenthesise(operand) : operand.text)).reduce((left, right) => left + pick([' AND ', ' ']) + right);
    return { kind: 'and', text, holds: (person) => operands.every(({ holds }) => holds(person)) };
  }
  return () => make(depth);
}
