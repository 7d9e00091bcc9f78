import type { Context } from '@opentelemetry/api';

/** A context that knows what was set last, and where the rest is. The API's own copies a map at each step of each request. */
class LightContext implements Context {
  constructor(
    private readonly below: LightContext | undefined,
    private readonly key: symbol | undefined,
    private readonly value: unknown,
  ) {}

  getValue(key: symbol): unknown {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    for (let at: LightContext | undefined = this; at; at = at.below) if (at.key === key) return at.value;
    return undefined;
  }

  setValue(key: symbol, value: unknown): Context {
    return new LightContext(this, key, value);
  }

  deleteValue(key: symbol): Context {
    return this.setValue(key, undefined);
  }
}

/** Where each trace begins: nothing is set. */
export const emptyContext: Context = new LightContext(undefined, undefined, undefined);
