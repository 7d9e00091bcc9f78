export { type EventBatch, insertEvents, type NewEvent, type OutboxEvent } from './events';
export { createFeed, type Feed, type FeedOptions } from './feed';
export { outboxMigrations } from './migrations';
export { createOutbox, type Outbox, type OutboxOptions } from './outbox';
