/** Runs `work` and tells `done` how it ended, with an error or with undefined, before its caller learns of it. */
export async function settle<T>(work: () => Promise<T>, done: (error: unknown) => void): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    done(error);
    throw error;
  }
  done(undefined);
  return result;
}
