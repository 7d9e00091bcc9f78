import type { TOTP } from 'otpauth';
import { URI } from 'otpauth';
import type { AuthUnderTest } from './auth-under-test';

export const password = 'correct horse battery';

/** Somebody with an account, and with the app and the codes that they were given. */
export interface PersonWithFactor {
  readonly id: string;
  readonly email: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly deviceToken: string;
  readonly factorId: string;
  readonly secret: string;
  readonly recoveryCodes: readonly string[];
  /** What their app shows so many steps of 30 seconds from the service's now. */
  codeAt(steps: number): string;
}

let count = 0;

/** Makes people of a service whose clock is the test's: `clock.now` in milliseconds since the epoch. */
export function createPeopleWithFactors(under: AuthUnderTest, clock: { now: number }) {
  const signUp = async () => {
    const email = `factor${++count}@example.com`;
    const { user, accessToken, refreshToken, deviceToken } = await under.auth.signUp({ email, password });
    return { id: user!.id, email, accessToken: accessToken!, refreshToken: refreshToken!, deviceToken: deviceToken! };
  };
  const appOf = (uri: string) => {
    const totp = URI.parse(uri) as TOTP;
    return { totp, codeAt: (steps: number) => totp.generate({ timestamp: clock.now + steps * 30_000 }) };
  };
  /** Adds an app; its first code, of the step before, is used up by that. */
  const addFactor = async (accessToken: string) => {
    const mine = under.factorsOf(accessToken);
    const { factor, secret, uri } = await mine.enrollTotp({ displayName: 'my phone' });
    const { codeAt } = appOf(uri);
    const { recoveryCodes } = await mine.confirmTotp({ factorId: factor!.id, totpCode: codeAt(-1) });
    return { factorId: factor!.id, secret, recoveryCodes, codeAt };
  };
  return {
    signUp,
    appOf,
    addFactor,
    async withFactor(): Promise<PersonWithFactor> {
      const person = await signUp();
      return { ...person, ...(await addFactor(person.accessToken)) };
    },
    /** The first half of a login. */
    async begin(email: string): Promise<string> {
      const { factorRequired, loginToken } = await under.auth.login({ email, password });
      if (!factorRequired) throw new Error('no second factor was asked for');
      return loginToken!;
    },
  };
}

export const totp = (value: string) => ({ $case: 'totpCode' as const, value });
export const recovery = (value: string) => ({ $case: 'recoveryCode' as const, value });
export const knows = (value: string) => ({ $case: 'password' as const, value });
