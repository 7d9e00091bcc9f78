import { type Dashboard, graph, quantiles } from './panels.mts';

const interval = '[$__rate_interval]';
const calls = (method: string, codes = '') => `rpc_server_call_duration_seconds_count{rpc_method="gatehouse.auth.v1.AuthService/${method}"${codes}}${interval}`;
const byCode = (title: string, method: string, description: string) =>
  graph(title, 'reqps', `sum by (rpc_status_code) (rate(${calls(method)}))`, '{{rpc_status_code}}', description);

/** Who comes in, and who does not. */
export const identity: Dashboard = {
  uid: 'gatehouse-identity',
  title: 'Gatehouse: identity',
  description: 'Sign-ups, logins and their failures, sessions, passwords.',
  panels: [
    graph('Sign-ups in a day', 'short', `sum(increase(${calls('SignUp', ',rpc_status_code="OK"').replace(interval, '[1d]')}))`, 'sign-ups', 'That succeeded.', {
      kind: 'stat',
      width: 6,
    }),
    graph('Logins in a day', 'short', `sum(increase(${calls('Login', ',rpc_status_code="OK"').replace(interval, '[1d]')}))`, 'logins', 'That succeeded.', {
      kind: 'stat',
      width: 6,
    }),
    graph(
      'Logins that failed',
      'percentunit',
      `sum(rate(${calls('Login', ',rpc_status_code="UNAUTHENTICATED"')})) / sum(rate(${calls('Login')}))`,
      'wrong password or email',
      'Share of all logins: when it rises, somebody may be guessing.',
      { width: 12 },
    ),
    byCode('Sign-ups', 'SignUp', 'A second, by the answer; ALREADY_EXISTS is a taken address.'),
    byCode('Logins', 'Login', 'A second, by the answer; UNAUTHENTICATED is a wrong password or email.'),
    byCode('Refreshes', 'Refresh', 'A second, by the answer; UNAUTHENTICATED is a token that is used up, unknown or stolen.'),
    byCode('Logouts', 'Logout', 'A second, by the answer.'),
    quantiles(
      'How long a login takes',
      'rpc_server_call_duration_seconds',
      '{rpc_method="gatehouse.auth.v1.AuthService/Login"}',
      'With the hash of the password, which is meant to be slow.',
    ),
    graph(
      'Refused by rate limits',
      'reqps',
      `sum by (policy) (rate(gateway_rate_limit_decisions_total{decision="refused"}${interval}))`,
      '{{policy}}',
      'Requests a second by the limit.',
    ),
    graph(
      'Attempts that were refused',
      'reqps',
      `sum by (limit) (rate(auth_attempts_total{outcome="refused"}${interval}))`,
      '{{limit}}',
      'To log in, to sign up and to have mails sent, a second, by what refused them: when account or address rises, somebody is guessing.',
    ),
    {
      title: 'CAPTCHAs and floods',
      unit: 'short',
      description: 'CAPTCHAs a second by what came of them; whether unknown devices pay a higher price, and whether attempts are counted where that is set.',
      queries: [
        { expr: `sum by (outcome) (rate(auth_captchas_total${interval}))`, legend: '{{outcome}}' },
        { expr: 'max(auth_attempts_flood)', legend: 'flood' },
        { expr: 'min(auth_attempts_store_up)', legend: 'store' },
      ],
    },
    graph(
      'Security events',
      'reqps',
      `sum by (event) (rate(auth_security_events_total${interval}))`,
      '{{event}}',
      'What happened to accounts that may be an attack, a second.',
    ),
    quantiles('Password hashes', 'auth_password_hash_duration_seconds', '', 'How long one takes once it is its turn.'),
    quantiles('Wait for a password hash', 'auth_password_hash_wait_seconds', '', 'How long passwords wait for their turn.'),
    {
      title: 'Password queue',
      unit: 'short',
      description: 'Passwords being hashed, waiting for it, and refused in a second.',
      queries: [
        { expr: 'sum(auth_password_hash_running)', legend: 'running' },
        { expr: 'sum(auth_password_hash_max)', legend: 'running at most' },
        { expr: 'sum(auth_password_hash_waiting)', legend: 'waiting' },
        { expr: `sum(rate(auth_password_hash_refused_total${interval}))`, legend: 'refused' },
      ],
    },
    {
      title: 'The change feed',
      unit: 's',
      description: 'How long auth has not heard from user, and how old the oldest change is that has not been taken.',
      queries: [
        { expr: 'max(auth_user_feed_age_seconds)', legend: 'not heard of' },
        { expr: 'max(user_feed_lag_seconds)', legend: 'not taken' },
        { expr: 'sum(user_feed_followers)', legend: 'followers' },
      ],
    },
    quantiles(
      'How long a revocation takes',
      'revocations_lag_seconds',
      '',
      'From when a session ended, or what a token says changed, until a process refuses the token.',
    ),
    {
      title: 'Revocations',
      unit: 'short',
      description: 'How many each process holds at most, how many follow, and how many were given up in a second for one that counts for everybody.',
      queries: [
        { expr: 'max by (job) (revocations_held)', legend: 'held, {{job}}' },
        { expr: 'sum(revocations_feed_connected)', legend: 'processes that follow' },
        { expr: `sum(rate(revocations_folded_total${interval}))`, legend: 'given up' },
      ],
    },
    {
      title: 'The feed of revocations',
      unit: 's',
      description: 'How long a process has not heard of what was revoked, and how old the oldest is that somebody has not taken.',
      queries: [
        { expr: 'max by (job) (revocations_feed_age_seconds)', legend: 'not heard of, {{job}}' },
        { expr: 'max(auth_revocations_feed_lag_seconds)', legend: 'not taken' },
      ],
    },
    {
      title: 'Changes of people that auth applied',
      unit: 'reqps',
      description: 'A second, by their kind; and how often everybody was compared because some may have been missed.',
      queries: [
        { expr: `sum by (kind) (rate(auth_user_changes_applied_total${interval}))`, legend: '{{kind}}' },
        { expr: `sum(rate(auth_user_feed_resyncs_total${interval}))`, legend: 'everybody compared' },
      ],
    },
    graph(
      'What happened to accounts',
      'short',
      'sum by (event) (increase(auth_security_events_total[1h]))',
      '{{event}}',
      'In an hour, by the name of the event: what may be an attack, or somebody should know of.',
    ),
    {
      title: 'Mails',
      unit: 'reqps',
      description: 'Sent and given up in a second, by kind and reason.',
      queries: [
        { expr: `sum by (kind) (rate(auth_mails_sent_total${interval}))`, legend: '{{kind}}' },
        { expr: `sum by (reason) (rate(auth_mails_given_up_total${interval}))`, legend: 'given up: {{reason}}' },
      ],
    },
    graph(
      'Attempts to send mails',
      'reqps',
      `sum by (outcome) (rate(auth_mail_attempts_total${interval}))`,
      '{{outcome}}',
      'A second, by what came of them: all but sent are tried again, or given up.',
    ),
    graph('Mails that wait', 'short', 'max by (kind) (auth_mails_waiting)', '{{kind}}', 'To be sent, by kind.'),
    graph('The oldest mail that waits', 's', 'max(auth_mails_oldest_age_seconds)', 'waits', 'How long it has: near 0 unless the mail server is in trouble.'),
  ],
};
