-- Who tried and failed how often. Unlogged: no attempt waits for the disk, and what a crash or a failover forgets are
-- some free failures each, which nobody from outside can bring about.
create unlogged table attempts (
  -- HMAC of an account, a device or an address: none of them is here
  key bytea constraint attempts_pkey primary key,
  -- failures, those that time has forgotten taken off, as of update_time
  level double precision not null,
  update_time timestamptz(3) not null,
  -- no attempt is let in before
  blocked_until timestamptz(3),
  -- from then on it says as much as no row would
  expire_time timestamptz(3) not null
) with (fillfactor = 50);
