export { type Idempotency, type IdempotencyKey, type IdempotencyOptions, createIdempotency } from './idempotency';
export { idempotencyMigrations } from './migrations';
export { type Write, type WritesOptions, createWrites } from './writes';
