// Prints the tables of docs/auth.md that name tests, or which test is not there: the check of the pages is cached by this, so that a change
// of a test reaches it only where the test has another name.
const tables = Promise.all([import('./asvs.mts'), import('./peers.mts')]);
await tables.then(
  ([{ checklist }, { peers }]) => console.log([...checklist, ...peers].join('\n')),
  (error: Error) => console.log(error.message),
);
