import type { Jwk } from '@gatehouse/contracts/verifier';
import { type CryptoKey, importJWK } from 'jose';
import { AsyncLocalStorage } from 'node:async_hooks';
import { tokenAlgorithm } from './token-type';

/** Where a verifier finds public keys. */
export interface KeySource {
  /** The key of this id, if the installation has it. */
  find(kid: string): Promise<CryptoKey | undefined>;
  /** Whether there is any key to verify with. */
  isReady(): boolean;
}

/** Keys of VerifierService. */
export interface RemoteKeys extends KeySource {
  start(): void;
  close(): void;
  /** Fetches them now: the set is said to be another. */
  refresh(): void;
}

export interface RemoteKeysOptions {
  getJwks: () => Promise<{ keys: readonly Jwk[] }>;
  /** How often the set is fetched anew, in milliseconds. */
  refreshMs?: number;
  /** How long to wait after a failure, and between fetches for unknown key ids, in milliseconds. */
  retryMs?: number;
  onError?: (error: unknown) => void;
}

/**
 * Keys of VerifierService, kept up to date in the background; a fetch that fails leaves the keys that are there. So a key
 * that was withdrawn is in use for at most `refreshMs` where VerifierService can be reached and does not tell of it.
 */
export function createRemoteKeys({ getJwks, refreshMs = 300_000, retryMs = 1_000, onError }: RemoteKeysOptions): RemoteKeys {
  let keys = new Map<string, CryptoKey>();
  let timer: NodeJS.Timeout | undefined;
  let again: NodeJS.Timeout | undefined;
  let closed = false;
  let fetchedAt = 0;
  let fetching: Promise<boolean> | undefined;
  // many calls wait for one fetch: it must not end with the deadline or the cancellation of the call that began it
  const outsideOfCalls = AsyncLocalStorage.snapshot();

  const fetch = async () => {
    fetchedAt = Date.now();
    try {
      keys = await importKeys(await getJwks());
    } catch (error) {
      onError?.(error);
      return false;
    }
    return keys.size > 0;
  };
  const fetchOnce = () => (fetching ??= outsideOfCalls(fetch).finally(() => (fetching = undefined)));
  const poll = async () => {
    const succeeded = await fetchOnce();
    if (!closed) timer = setTimeout(poll, succeeded ? refreshMs : retryMs).unref();
  };
  // who answers may know a key for a moment longer than who told that it was withdrawn
  const fetchAgain = () => {
    clearTimeout(again);
    again = setTimeout(() => void fetchOnce().then((succeeded) => succeeded || closed || fetchAgain()), 2 * retryMs).unref();
  };
  return {
    start: () => void poll(),
    close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(again);
    },
    async find(kid) {
      // without any key the poll is at it: a caller is told at once, whatever the fetch takes
      if (!keys.size) return undefined;
      // an unknown id may be a key made a moment ago; a flood of foreign tokens must not become a flood of fetches
      if (!keys.has(kid) && (fetching || Date.now() - fetchedAt >= retryMs)) await fetchOnce();
      return keys.get(kid);
    },
    isReady: () => keys.size > 0,
    refresh() {
      void fetchOnce();
      fetchAgain();
    },
  };
}

/** Public keys of a JWK Set by their ids (RFC 7517 §5). Only Ed25519 keys with an id are taken. */
export async function importKeys({ keys }: { keys: readonly Jwk[] }): Promise<Map<string, CryptoKey>> {
  const usable = keys.filter(({ kty, crv, kid }) => kty === 'OKP' && crv === 'Ed25519' && kid);
  return new Map(
    await Promise.all(usable.map(async ({ kty, crv, x, kid }) => [kid, (await importJWK({ kty, crv, x }, tokenAlgorithm)) as CryptoKey] as const)),
  );
}
