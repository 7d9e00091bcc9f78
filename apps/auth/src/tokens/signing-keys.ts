import { type KeySource, importKeys, type SigningKey, tokenAlgorithm } from '@gatehouse/access';
import type { Jwk } from '@gatehouse/contracts/verifier';
import { type BackgroundWorkOptions, createBackgroundWork } from '@gatehouse/lifecycle';
import type { Database } from '@gatehouse/postgres';
import type { CryptoKey } from 'jose';
import { AsyncLocalStorage } from 'node:async_hooks';
import { insertSigningKey, listSigningKeys, lockSigningKeys, type SigningKeyRow } from '../postgres/signing-key-repository';
import type { Secrets } from '../seal';
import { createKeySealing, type KeySealing } from './key-sealing';

export interface SigningKeys extends KeySource {
  /** The key that tokens are signed with now. @throws unavailable without the database, or when AUTH_SECRET_KEY does not open it */
  signingKey(): Promise<SigningKey>;
  /** Public keys of every token that may be valid, now or soon. */
  jwks(): Promise<readonly Jwk[]>;
  /** Reads the keys anew. @throws as `signingKey` does; what was read before stays in use */
  reload(): Promise<void>;
  /** From now on, reads them anew each second: what another process has changed is in force here within that time. */
  start(options: BackgroundWorkOptions): void;
  close(): Promise<void>;
  readonly sealing: KeySealing;
}

interface LoadedKeys {
  readonly current: SigningKey;
  readonly jwks: readonly Jwk[];
  readonly verification: ReadonlyMap<string, CryptoKey>;
}

const reloadMs = 1_000;

/**
 * The installation's signing keys, kept in the database under a key derived from the secret; the first is made when it is
 * first needed.
 */
export function createSigningKeys(database: Database, secrets: Secrets): SigningKeys {
  const sealing = createKeySealing(secrets);
  let loaded: LoadedKeys | undefined;
  let loading: Promise<LoadedKeys> | undefined;
  let loadedAt = 0;
  let background: ReturnType<typeof createBackgroundWork> | undefined;
  // many calls wait for one load: it must not end with the deadline or the cancellation of the call that began it
  const outsideOfCalls = AsyncLocalStorage.snapshot();

  const load = async (): Promise<LoadedKeys> => {
    let rows = await listUsable(database);
    if (!rows.length) {
      await insertFirstKey(database, sealing);
      rows = await listUsable(database);
    }
    const current = (rows.find(({ phase }) => phase === 'current') ?? rows[0]) as SigningKeyRow;
    const jwks = rows.map(toJwk);
    const added = await importKeys({ keys: jwks.filter(({ kid }) => !loaded?.verification.has(kid)) });
    // a key that stays is the same object, by which verified tokens are known
    const verification = new Map(jwks.map(({ kid }) => [kid, loaded?.verification.get(kid) ?? added.get(kid)!]));
    const isSame = loaded?.current.kid === current.kid;
    return { current: isSame ? loaded!.current : { kid: current.kid, privateKey: await sealing.open(current) }, jwks, verification };
  };
  const loadOnce = () =>
    (loading ??= outsideOfCalls(async () => {
      loadedAt = Date.now();
      return (loaded = await load());
    }).finally(() => (loading = undefined)));
  const get = async (): Promise<LoadedKeys> => loaded ?? (await loadOnce());

  return {
    sealing,
    signingKey: async () => (await get()).current,
    jwks: async () => (await get()).jwks,
    async find(kid) {
      const known = (await get()).verification.get(kid);
      // an unknown id may be a key made a moment ago; a flood of foreign tokens must not become a flood of reads
      if (known || Date.now() - loadedAt < reloadMs) return known;
      return (await loadOnce().catch(get)).verification.get(kid);
    },
    isReady: () => loaded !== undefined,
    async reload() {
      // one that has begun may have read what was there before
      await loading?.catch(() => undefined);
      await loadOnce();
    },
    start({ isActive, onError }) {
      background = createBackgroundWork({ isActive, onError });
      let isFailing = false;
      background.every(reloadMs, async () => {
        try {
          await loadOnce();
          isFailing = false;
        } catch (error) {
          // told once, not each second
          if (!isFailing) onError(error);
          isFailing = true;
        }
      });
    },
    close: async () => background?.close(),
  };
}

const listUsable = async (db: Database) => (await listSigningKeys(db)).filter(({ phase }) => phase !== 'withdrawn');

const toJwk = ({ kid, publicKey: x }: SigningKeyRow): Jwk => ({ kty: 'OKP', crv: 'Ed25519', x, kid, alg: tokenAlgorithm, use: 'sig' });

/** Adds the first key, unless another process was faster: one key, however many start at once. */
const insertFirstKey = (database: Database, sealing: KeySealing): Promise<void> =>
  database.transaction(async (tx) => {
    await lockSigningKeys(tx);
    const isThere = (await listSigningKeys(tx)).some(({ phase }) => phase !== 'withdrawn');
    if (!isThere) await insertSigningKey(tx, await sealing.make(), 0);
  });
