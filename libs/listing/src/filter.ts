/** A filter (AIP-160) as it was read. Every `at` is an offset in UTF-16 units, counted from 0. */
export type Filter = Junction | Negation | Comparison;

/** All of them hold, or any of them. */
export interface Junction {
  readonly kind: 'and' | 'or';
  readonly operands: readonly Filter[];
}

export interface Negation {
  readonly kind: 'not';
  readonly operand: Filter;
}

export interface Comparison {
  readonly kind: 'comparison';
  /** The field, then what is asked of within it: `['publicMetadata', 'plan']`. */
  readonly path: readonly string[];
  readonly at: number;
  readonly operator: Operator;
  readonly operatorAt: number;
  readonly literal: Literal;
}

/** `:` is "has". */
export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | ':';

export interface Literal {
  /** Without quotes, escapes, and the `*` at its end. */
  readonly text: string;
  /** It ended in `*`. */
  readonly isPrefix: boolean;
  readonly isQuoted: boolean;
  readonly at: number;
}
