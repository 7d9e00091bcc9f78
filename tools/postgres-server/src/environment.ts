const kept = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SystemRoot', 'TMPDIR'];

/** What PostgreSQL's programs get of our environment: PG… variables would change what they do, and secrets are none of theirs. */
export function toEnvironment(): NodeJS.ProcessEnv {
  const entries = kept.map((name) => [name, process.env[name]]).filter(([, value]) => value !== undefined);
  // Messages are read by `explainFailure`.
  return { ...Object.fromEntries(entries), LC_ALL: 'C' };
}
