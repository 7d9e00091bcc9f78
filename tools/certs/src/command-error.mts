/** What is wrong is for the person at the terminal to mend; the message says how. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
