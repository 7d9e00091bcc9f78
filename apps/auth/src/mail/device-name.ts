import { parse } from 'bowser';
import type { Language } from './languages';
import { toName } from './plain-text';

/**
 * What a browser or an app says it is, in words: `Firefox on Linux`. Undefined where it says nothing that may stand in a mail: it can say
 * whatever it likes.
 */
export function toDeviceName(userAgent: string, language: Language): string | undefined {
  if (!userAgent) return undefined;
  const { browser, os } = parse(userAgent);
  const [program, system] = [toName(browser.name) ?? toProduct(userAgent), toName(os.name)];
  return program && system ? `${program} ${language === 'de' ? 'unter' : 'on'} ${system}` : (program ?? system);
}

// the first product is the one that counts most (RFC 9110 §10.1.5); browsers all begin with one that says nothing
function toProduct(userAgent: string): string | undefined {
  const [product] = userAgent.split(/[/(]/);
  return product === 'Mozilla' ? undefined : toName(product);
}
