import { EmbeddedActionsParser, type IToken, type ParserMethod } from 'chevrotain';
import type { Comparison, Filter, Literal, Operator } from './filter';
import { and, close, comparator, dot, minus, not, open, or, quotedText, text, time, tokens } from './filter-tokens';
import { maxComparisons, maxNesting, refuseFilter } from './filter-limits';
import { toLiteral, unquote } from './literal';

const endOf = (token: IToken): number => token.startOffset + token.image.length;
const isJoined = (left: IToken, right: IToken): boolean => endOf(left) === right.startOffset;
const join = (kind: 'and' | 'or', operands: readonly Filter[]): Filter => (operands.length === 1 && operands[0] ? operands[0] : { kind, operands });
const negate = (operand: Filter): Filter => ({ kind: 'not', operand });

/**
 * The grammar of AIP-160: OR binds tighter than AND, comparisons beside each other are joined by AND. What it has beside
 * comparisons, functions and words to look for anywhere, is refused in words of its own.
 */
export class FilterGrammar extends EmbeddedActionsParser {
  private nesting = 0;
  private comparisons = 0;

  constructor() {
    super(tokens, { maxLookahead: 2, recoveryEnabled: false });
    this.performSelfAnalysis();
  }

  /** Reads one filter of these tokens; what it cannot read is in `errors`. */
  read(input: IToken[]): Filter {
    this.nesting = 0;
    this.comparisons = 0;
    this.input = input;
    return this.expression();
  }

  private readonly expression: ParserMethod<[], Filter> = this.RULE('expression', () => {
    const operands = [this.SUBRULE(this.factor)];
    this.MANY(() => {
      this.OPTION(() => this.CONSUME(and));
      operands.push(this.SUBRULE2(this.factor));
    });
    return join('and', operands);
  });

  private readonly factor: ParserMethod<[], Filter> = this.RULE('factor', () => {
    const operands = [this.SUBRULE(this.term)];
    this.MANY(() => {
      this.CONSUME(or);
      operands.push(this.SUBRULE2(this.term));
    });
    return join('or', operands);
  });

  private readonly term: ParserMethod<[], Filter> = this.RULE('term', () => {
    const isNegated = this.OPTION(() => this.OR([{ ALT: () => this.CONSUME(not) }, { ALT: () => this.CONSUME(minus) }]));
    const operand = this.OR2([{ ALT: () => this.SUBRULE(this.composite) }, { ALT: () => this.SUBRULE(this.comparison) }]);
    return isNegated ? negate(operand) : operand;
  });

  private readonly composite: ParserMethod<[], Filter> = this.RULE('composite', () => {
    const { startOffset } = this.CONSUME(open);
    this.ACTION(() => {
      if (++this.nesting > maxNesting)
        refuseFilter('filter.too_deep', startOffset, `parentheses may be nested ${maxNesting} deep: write the filter with fewer`);
    });
    const inner = this.SUBRULE(this.expression);
    this.CONSUME(close);
    this.ACTION(() => this.nesting--);
    return inner;
  });

  private readonly comparison: ParserMethod<[], Comparison> = this.RULE('comparison', () => {
    const member = this.SUBRULE(this.member);
    const operator = this.OPTION(() => this.CONSUME(comparator));
    const at = member[0]?.startOffset ?? 0;
    this.ACTION(() => {
      if (!operator) this.refuseMember(member);
      if (++this.comparisons > maxComparisons) refuseFilter('filter.too_long', at, `a filter may have ${maxComparisons} comparisons: ask in several requests`);
    });
    const literal = this.OPTION2(() => this.SUBRULE(this.literal));
    return this.ACTION((): Comparison => {
      if (!operator || !literal)
        return refuseFilter(
          'filter.syntax',
          operator && endOf(operator),
          'the value is missing: write it after the operator, field = value; a list of values is (field = a OR field = b)',
        );
      const path = member.filter(({ tokenType }) => tokenType !== dot).map(toName);
      return { kind: 'comparison', path, at, operator: operator.image as Operator, operatorAt: operator.startOffset, literal };
    });
  });

  /** Text with dots, and no space around them. */
  private readonly member: ParserMethod<[], IToken[]> = this.RULE('member', () => {
    const parts = [this.OR([{ ALT: () => this.CONSUME(text) }, { ALT: () => this.CONSUME(quotedText) }])];
    this.MANY(() => {
      parts.push(this.CONSUME(dot));
      parts.push(
        this.OR2([
          { ALT: () => this.CONSUME2(text) },
          { ALT: () => this.CONSUME2(quotedText) },
          { ALT: () => this.CONSUME(and) },
          { ALT: () => this.CONSUME(or) },
          { ALT: () => this.CONSUME(not) },
        ]),
      );
    });
    this.ACTION(() => {
      const apart = parts.find((part, index) => index > 0 && !isJoined(parts[index - 1] ?? part, part));
      if (apart) refuseFilter('filter.syntax', apart.startOffset, 'there is no space around a dot: write a.b, or quote the value');
    });
    return parts;
  });

  private readonly literal: ParserMethod<[], Literal> = this.RULE('literal', () => {
    const parts: IToken[] = [];
    this.OR([
      { ALT: () => parts.push(this.CONSUME(time)) },
      {
        ALT: () => {
          this.OPTION(() => parts.push(this.CONSUME(minus)));
          const member = this.SUBRULE(this.member);
          this.ACTION(() => parts.push(...member));
        },
      },
    ]);
    return this.ACTION(() => {
      this.refuseCall(parts);
      return toLiteral(parts);
    });
  });

  private refuseMember(member: readonly IToken[]): never {
    this.refuseCall(member);
    return refuseFilter(
      'filter.bare_literal',
      member[0]?.startOffset,
      'a value alone is not looked for here: compare a field with it, field = value, or use the search method',
    );
  }

  private refuseCall(member: readonly IToken[]): void {
    const [next, last] = [this.LA(1), member[member.length - 1]];
    if (last?.tokenType === text && next.tokenType === open && isJoined(last, next))
      refuseFilter('filter.function', member[0]?.startOffset, 'functions are not supported: compare a field with a value, field = value');
  }
}

const toName = (token: IToken): string => (token.tokenType === quotedText ? unquote(token) : token.image);
