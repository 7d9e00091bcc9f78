import { randomBytes } from 'node:crypto';
import type { Gatehouse } from './gatehouse';

/** A password, an email or a name that can be found wherever it gets to. */
const toCanary = (kind: string): string => `canary-${kind}-${randomBytes(4).toString('hex')}`;
export const canaryPassword = (): string => toCanary('password');
export const canaryEmail = (): string => `${toCanary('email')}@leak.example`;
export const canaryName = (): string => `Zzyzx ${toCanary('name')}`;

// every canary begins so, whichever it is
const canary = /canary-(password|email|name)-[0-9a-f]{8}/;

/** What only we should know, by what it looks like. */
const internals: readonly RegExp[] = [
  /\bat .+:\d+:\d+/, // a frame of a stack
  /\.(c|m)?[jt]s:\d+|node:internal|node_modules|\/(home|work|usr|dist|src)\//,
  /\b(select .+ from|insert into|update \w+ set|delete from|alter table|relation "|column "|constraint "|syntax error|duplicate key|violates|permission denied for|deadlock|canceling statement|terminating connection|authentication failed|role ")/i,
  /users_|_pkey|_fkey|_check|pending_sign_ups|idempotency_records|refresh_tokens|signing_keys|password_hash|token_hash|attempt_id|sealed_|request_mac|gatehouse_(user|auth)/,
  /remote_addr|127\.0\.0\.1|localhost|ECONN|ENOTFOUND|EPIPE|ETIMEDOUT|round_robin|RST_STREAM|GOAWAY|postgres/i,
];

export interface Leaks {
  /** Notes a token that was given out. */
  add(token: string): void;
  /** What an answer tells that its caller should not hear. */
  ofAnswer(text: string): string[];
  /** What log lines tell that nobody should read: they may hold stacks and paths of ours. */
  ofLog(text: string): string[];
}

export function watchForLeaks({ settings, ports, databases, administrator }: Gatehouse): Leaks {
  const passwords = Object.values(databases).map((url) => new URL(url).password);
  const secrets = new Set([settings['USER_SECRET_KEY']!, settings['AUTH_SECRET_KEY']!, ...passwords, administrator.email, administrator.password]);
  const upstreams = [ports.userGrpc, ports.authGrpc, Number(new URL(databases.user).port)].map((port) => new RegExp(`:${port}\\b`));
  const find = (text: string, patterns: readonly RegExp[]) => [
    ...patterns.flatMap((pattern) => pattern.exec(text)?.[0] ?? []),
    ...[...secrets].filter((secret) => text.includes(secret)),
  ];
  return {
    add: (token) => void secrets.add(token),
    ofAnswer: (text) => find(text, [canary, ...internals, ...upstreams]),
    ofLog: (text) => find(text, [canary]),
  };
}
