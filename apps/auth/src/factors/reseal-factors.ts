import type { Database } from '@gatehouse/postgres';
import { listSealedFactors, replaceSealedSecrets } from '../postgres/factor-repository';
import type { KeyRing } from '../seal';
import { toSecretContext } from './factor-codes';

export interface ResealedFactors {
  count: number;
  /** Apps that none of the secrets opens, as the API names them. */
  unreadable: string[];
}

const batchSize = 100;
const noId = '00000000-0000-0000-0000-000000000000';

/** Seals the secrets of all apps under the secret of today, some at a time: cut short, it is run again, and does what is left. */
export async function resealFactors(database: Database, keyRing: Pick<KeyRing, 'reseal'>): Promise<ResealedFactors> {
  const result: ResealedFactors = { count: 0, unreadable: [] };
  const reseal = ({ id, userId, sealedSecret }: { id: string; userId: string; sealedSecret: Buffer }) => {
    try {
      const sealed = keyRing.reseal(sealedSecret, toSecretContext(userId, id));
      return sealed ? [{ id, sealedSecret: sealed }] : [];
    } catch {
      // one that was lost before keeps nobody else's from being sealed
      result.unreadable.push(`users/${userId}/factors/${id}`);
      return [];
    }
  };
  for (let afterId = noId; ;) {
    const factors = await listSealedFactors(database, afterId, batchSize);
    if (!factors.length) return result;
    const resealed = factors.flatMap(reseal);
    if (resealed.length) result.count += await database.transaction((tx) => replaceSealedSecrets(tx, resealed));
    afterId = factors.at(-1)!.id;
  }
}
