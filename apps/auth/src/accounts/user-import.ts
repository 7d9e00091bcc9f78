import { unavailable } from '@gatehouse/contracts/api';
import { importInProgress, importOptionsChanged } from '@gatehouse/contracts/auth';
import type { ImportUsersRequest, ImportUsersResponse, UserServiceDefinition } from '@gatehouse/contracts/user';
import { isAppError } from '@gatehouse/errors';
import type { RpcClient } from '@gatehouse/rpc';

/** Begins a call of `user`'s ImportUsers with somebody's token. */
export type ImportUsers = RpcClient<UserServiceDefinition>['importUsers'];

type Request = Parameters<ImportUsers>[0] extends AsyncIterable<infer R> ? R : ImportUsersRequest;

/** A conversation with `user`: what is sent waits until it is asked for. */
export interface UserImport {
  send(request: Request): void;
  /** @returns undefined at its end */
  next(): Promise<ImportUsersResponse | undefined>;
  /** Says that no more follows. */
  finish(): void;
  /** Breaks it off where it has not ended. */
  close(): void;
}

/** @param authorization of the call for which it is made: what it may do is for `user` to say */
export function openUserImport(importUsers: ImportUsers, authorization: string): UserImport {
  const requests: Request[] = [];
  let isOver = false;
  let wake = () => {};
  const source = async function* () {
    for (;;) {
      while (!requests.length && !isOver) await new Promise<void>((resolve) => (wake = resolve));
      const request = requests.shift();
      if (!request) return;
      yield request;
    }
  };
  const responses = importUsers(source(), { metadata: { authorization } })[Symbol.asyncIterator]();
  const finish = () => {
    isOver = true;
    wake();
  };
  return {
    send(request) {
      requests.push(request);
      wake();
    },
    async next() {
      try {
        const { done, value } = await responses.next();
        return done ? undefined : value;
      } catch (error) {
        throw toOwnError(error);
      }
    },
    finish,
    close() {
      finish();
      void Promise.resolve(responses.return?.()).catch(() => {});
    },
  };
}

/** The same error, as one of ours where it is one that our contract has. */
function toOwnError(error: unknown): unknown {
  if (!isAppError(error)) return error;
  const { retryDelayMs } = error;
  if (error.reason === 'IMPORT_OPTIONS_CHANGED') return importOptionsChanged({ cause: error });
  if (error.reason === 'IMPORT_IN_PROGRESS') return importInProgress({ cause: error, retryDelayMs });
  // the token was right a moment ago, here: `user` has not fetched the keys yet
  return error.reason === 'TOKEN_INVALID' ? unavailable({ cause: error }) : error;
}
