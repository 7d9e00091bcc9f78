import { CommandError, exitCodes } from '../command-error.mts';
import type { Credentials } from '../config.mts';
import { type Ask, createLogin, type Tokens } from './login.mts';
import { readJson, request } from './request.mts';
import { isPassing } from './server-error.mts';

/** Somebody's session at the API, in memory alone. */
export interface Session {
  /** Gives an access token that is good for a while yet. @throws CommandError where there is none to be had any more */
  token(signal: AbortSignal): Promise<string>;
  /** What the server refused is not given again. @throws CommandError where there is no other */
  discard(token: string): void;
  /** Ends it at the server. Errors are passed over: it ends by itself too. */
  close(): Promise<void>;
}

// a token is renewed while it has so much time left. Milliseconds.
const marginMs = 30_000;
const logoutMs = 3_000;

/** @param url of the gateway */
export function createSession(url: string, credentials: Credentials): Session {
  let tokens: Tokens = {};
  let renewAt = 0;

  const keep = (given: Tokens) => {
    tokens = given;
    // a short life is used to its half at least
    const lifeMs = (given.expiresIn ?? 900) * 1_000;
    renewAt = performance.now() + Math.max(lifeMs - marginMs, lifeMs / 2);
  };
  const ask: Ask = async <T,>(path: string, body: object, signal: AbortSignal) =>
    readJson<T>(await (await request(`${url}/v1/auth/${path}`, { body, signal })).text());
  const login = 'token' in credentials ? undefined : createLogin(credentials, ask);

  const refresh = async (signal: AbortSignal) => {
    const { refreshToken } = tokens;
    tokens = {};
    if (!refreshToken) return;
    try {
      keep(await ask<Tokens>('refresh', { refreshToken }, signal));
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error)) return; // the password opens another session
      tokens = { refreshToken };
      throw error;
    }
  };

  if ('token' in credentials) {
    tokens = { accessToken: credentials.token };
    renewAt = Infinity;
  }
  return {
    async token(signal) {
      if (!tokens.accessToken || performance.now() >= renewAt) await refresh(signal);
      if (!tokens.accessToken && login) keep(await login(signal));
      if (!tokens.accessToken)
        throw new CommandError('the server does not take the access token, or not any more: set GATEHOUSE_TOKEN to a fresh one', {
          exitCode: exitCodes.server,
        });
      return tokens.accessToken;
    },
    discard(token) {
      if (tokens.accessToken === token) tokens = { refreshToken: tokens.refreshToken };
    },
    async close() {
      const { refreshToken } = tokens;
      tokens = {};
      if (refreshToken) await ask('logout', { refreshToken }, AbortSignal.timeout(logoutMs)).catch(() => {});
    },
  };
}
