import { type AuthUnderTest, startAuth, verdictOf } from './auth-under-test';
import { type SimulatedClock, simulateClock } from './simulated-clock';

// Eight hours of five tabs that share their storage, as those of a browser do. All times are milliseconds of the simulated clock.
const [tabs, endMs, seeds] = [5, 8 * 3_600_000, process.env.PROOF === 'full' ? 20 : 2];
const patienceMs = 3_000;
const travelMs = { least: 30, most: 1_500 };
const lost = { request: 0.2, answer: 0.2 };

/** What the tabs share. */
interface Storage {
  refreshToken: string;
  freshUntil: number;
}

/** mulberry32: the same numbers for the same seed. */
function createRandom(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { chance: (share: number) => next() < share, between: (least: number, most: number) => least + next() * (most - least) };
}

let first: AuthUnderTest;
let replicas: AuthUnderTest[];
let clock: SimulatedClock;
beforeAll(async () => {
  first = await startAuth();
  clock = await simulateClock(first.database);
  // their connections are opened now, and look at the simulated clock
  replicas = [await startAuth({ beside: first }), await startAuth({ beside: first })];
});
afterAll(async () => {
  clock.close();
  // and with it the others
  await first.close();
});

describe('five tabs of one person, on a bad network, for eight hours', () => {
  it.each(Array.from({ length: seeds }, (_, seed) => seed + 1))('are never logged out (%i)', async (seed) => {
    const { chance, between } = createRandom(seed);
    const email = `tabs${seed}@example.com`;
    const signedUp = await replicas[0]!.auth.signUp({ email, password: 'correct horse battery' });
    const storage: Storage = { refreshToken: signedUp.refreshToken!, freshUntil: signedUp.expiresIn! * 1_000 };
    let now = 0;
    const counts = { asked: 0, lostRequests: 0, lostAnswers: 0, outages: 0 };
    const refused: string[] = [];
    let outageUntil = 0;
    const agenda: { at: number; act: () => Promise<void> | void }[] = [];
    const at = (time: number, act: () => Promise<void> | void) => {
      const place = agenda.findIndex((other) => other.at > time);
      agenda.splice(place === -1 ? agenda.length : place, 0, { at: time, act });
    };

    const refresh = (tab: number): void => {
      const presented = storage.refreshToken;
      let isOver = false;
      const end = (next: () => void) => {
        if (!isOver) next();
        isOver = true;
      };
      // what does not answer in time is asked again, with what the storage has by then
      at(now + patienceMs, () => end(() => look(tab)));
      const isOut = () => now < outageUntil;
      if (chance(lost.request) || isOut()) return void counts.lostRequests++;
      at(now + between(travelMs.least, travelMs.most), async () => {
        if (isOut()) return;
        counts.asked++;
        const answer = replicas[chance(0.5) ? 0 : 1]!.auth.refresh({ refreshToken: presented });
        const verdict = await verdictOf(answer);
        // what is not there for a moment is asked again, as an answer is that was lost
        if (verdict.startsWith('UNAVAILABLE') || verdict.startsWith('DEADLINE_EXCEEDED')) return;
        if (verdict !== 'OK') return void refused.push(verdict);
        const { refreshToken, expiresIn } = await answer;
        if (chance(lost.answer) || isOut()) return void counts.lostAnswers++;
        at(now + between(travelMs.least, travelMs.most), () =>
          end(() => {
            Object.assign(storage, { refreshToken, freshUntil: now + expiresIn! * 1_000 });
            look(tab);
          }),
        );
      });
    };
    const look = (tab: number): void => {
      if (now > storage.freshUntil - 20_000) refresh(tab);
      // all of them wake when the token is about to expire
      else at(storage.freshUntil - 20_000 + between(0, 2_000), () => look(tab));
    };

    for (let tab = 0; tab < tabs; tab++) at(between(0, 1_000), () => look(tab));
    for (let outage = 0; outage < 12; outage++) {
      const begin = between(0, endMs);
      at(begin, () => {
        outageUntil = begin + between(15_000, 300_000);
        counts.outages++;
      });
    }
    while (agenda[0] && agenda[0].at < endMs && !refused.length) {
      // what arrives within the same moment is there at once
      const moment = agenda[0].at + 20;
      const later = agenda.findIndex((each) => each.at > moment);
      const together = agenda.splice(0, later === -1 ? agenda.length : later);
      const next = together.at(-1)!.at;
      await clock.advance(next - now);
      now = next;
      await Promise.all(together.map(({ act }) => act()));
    }
    expect(refused).toEqual([]);
    expect(counts).toMatchObject({ outages: 12 });
    expect(counts.asked).toBeGreaterThan(50);
    expect(counts.lostAnswers).toBeGreaterThan(3);
    expect(await verdictOf(replicas[0]!.auth.refresh({ refreshToken: storage.refreshToken }))).toBe('OK');
  });
});
