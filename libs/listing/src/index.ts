export { json, textArray } from './collection-fields';
export { compileFilter } from './compile-filter';
export { type Field, type Fields, type SortKey, defineFields } from './fields';
export type { Comparison, Literal, Operator } from './filter';
export { type OrderByOptions, type Ordering, compileOrderBy } from './order-by';
export { toPageSize } from './page-size';
export { type PageQuery, type PageTokens, type PageTokensOptions, createPageTokens } from './page-tokens';
export { type ScalarOptions, type TextOptions, boolean, enumeration, integer, number, text, timestamp, uuid } from './scalar-fields';
export type { SqlCondition } from './sql';
