// `npm run docs`: writes every page that is made from code; with --check says which are not current.
for (const page of [
  'configuration',
  'openapi',
  'errors',
  'access',
  'metrics',
  'measurements',
  'development',
  'benchmarks',
  'observability',
  'decisions',
  'cli',
  'request-figure',
  'handler-figure',
  'projects-figure',
  'session-figure',
  'auth',
])
  await import(`./${page}.mts`);
