import { isAppError } from '@gatehouse/errors';
import type { z } from 'zod';
import { createTurns } from '../turns';
import type { attemptSettings } from './settings';

/** How a CAPTCHA was judged; `unanswered` where nobody could. */
export type CaptchaVerdict = 'passed' | 'refused' | 'unanswered';

/** Verifies CAPTCHAs. */
export interface Captcha {
  /** What pages show it by. */
  readonly siteKey: string;
  /** Whether one that could not be verified counts as solved. */
  readonly isFailOpen: boolean;
  /** @param address of the client, as the gateway saw it. @throws overloaded when too many are being verified, unless `isFailOpen` */
  verify(token: string, address: string): Promise<CaptchaVerdict>;
}

type CaptchaConfig = Pick<z.infer<z.ZodObject<typeof attemptSettings>>, Extract<keyof typeof attemptSettings, `AUTH_CAPTCHA_${string}`>>;

/** By the settings; undefined where they name none. Speaks `siteverify`, which Turnstile, hCaptcha and reCAPTCHA have in common. */
export function createCaptcha(config: CaptchaConfig): Captcha | undefined {
  const { AUTH_CAPTCHA_VERIFY_URL: url, AUTH_CAPTCHA_SECRET: secret, AUTH_CAPTCHA_SITE_KEY: siteKey, AUTH_CAPTCHA_TIMEOUT_MS: timeoutMs } = config;
  if (url === undefined || secret === undefined || siteKey === undefined) return undefined;
  const inTurn = createTurns({ concurrency: 8, maxWaiting: 64 });
  const ask = async (token: string, address: string): Promise<CaptchaVerdict> => {
    try {
      const body = new URLSearchParams({ secret, response: token, ...(address ? { remoteip: address } : {}) });
      const answer = await fetch(url, { method: 'POST', body, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
      const { success } = (await answer.json()) as { success?: unknown };
      return success === true ? 'passed' : success === false ? 'refused' : 'unanswered';
    } catch {
      return 'unanswered';
    }
  };
  const isFailOpen = config.AUTH_CAPTCHA_FAIL_MODE === 'open';
  return {
    siteKey,
    isFailOpen,
    async verify(token, address) {
      try {
        // who would wait for longer than that is better off when they come back
        return await inTurn(() => ask(token, address), { deadline: Date.now() + 2 * timeoutMs });
      } catch (error) {
        // a verifier that hangs answers nobody who waits for it either
        if (isFailOpen && isAppError(error, 'OVERLOADED')) return 'unanswered';
        throw error;
      }
    },
  };
}
