import type { TraceState } from '@opentelemetry/api';

// W3C Trace Context Level 2, §3.3.1
const maxMembers = 32;
const keyPattern = /^[a-z0-9][a-z0-9_*/@-]{0,255}$/;
const valuePattern = /^[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;
// what everybody hands on at the least (§3.3.1.5); what is longer goes first when there is more
const maxLength = 512;
const largeMember = 128;

/**
 * What a `tracestate` header says, in its order; undefined where it is empty or any part of it is wrong: then all of it is
 * dropped (W3C Trace Context Level 2, §3.3). The SDK's own takes 33 members for 32, the last of two equal keys, and not
 * every key of Level 2.
 */
export function parseTraceState(header: string): TraceState | undefined {
  const texts = header
    .split(',')
    .map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter(Boolean);
  if (!texts.length || texts.length > maxMembers) return undefined;
  const members = new Map<string, string>();
  for (const text of texts) {
    const [key = '', value = '', ...rest] = text.split('=');
    if (members.has(key) || rest.length || !keyPattern.test(key) || !valuePattern.test(value)) return undefined;
    members.set(key, value);
  }
  return toTraceState(cutToLength(members));
}

function cutToLength(members: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const kept = [...members];
  while (toHeader(kept).length > maxLength) {
    const large = kept.findLastIndex((member) => toHeader([member]).length > largeMember);
    kept.splice(large === -1 ? kept.length - 1 : large, 1);
  }
  return new Map(kept);
}

function toTraceState(members: ReadonlyMap<string, string>): TraceState {
  const others = (key: string) => [...members].filter(([name]) => name !== key);
  const state: TraceState = {
    get: (key) => members.get(key),
    // a member that is changed comes first (§3.5)
    set: (key, value) => parseTraceState(toHeader([[key, value], ...others(key)])) ?? state,
    unset: (key) => toTraceState(new Map(others(key))),
    serialize: () => toHeader([...members]),
  };
  return state;
}

const toHeader = (members: readonly (readonly [string, string])[]): string => members.map(([key, value]) => `${key}=${value}`).join(',');
