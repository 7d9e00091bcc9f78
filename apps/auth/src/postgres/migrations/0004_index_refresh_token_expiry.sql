-- For the sweeper, which removes tokens past their time.
create index refresh_tokens_expire_time_idx on refresh_tokens (expire_time);
