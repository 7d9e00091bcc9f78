-- What was answered to a write that carried a request_id; written in the transaction of that write.
create table idempotency_records (
  principal text not null,
  method text not null,
  request_id text not null,
  -- HMAC-SHA256 of the request: to tell another request under the same id, not to know what it said.
  request_mac bytea not null,
  -- Null where the answer may not be stored.
  response bytea,
  create_time timestamptz not null default now(),
  primary key (principal, method, request_id)
);

create index idempotency_records_by_create_time on idempotency_records (create_time);
