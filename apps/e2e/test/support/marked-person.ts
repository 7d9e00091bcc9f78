import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { Gatehouse } from './gatehouse';
import { send } from './http';

/** Somebody of whom everything is kept that can be. */
export interface MarkedPerson {
  readonly id: string;
  readonly email: string;
  /** What is kept of them and told to them, each a text that stands nowhere else. */
  readonly marks: readonly string[];
  /** What nobody is told, or not any more. */
  readonly secrets: readonly string[];
}

/**
 * Signs somebody up, and has each service keep of them all that it keeps of people. A part that keeps something else of people adds its call here,
 * with marks for what is personal.
 * @param administrator's access token
 */
export async function createMarkedPerson({ url }: Pick<Gatehouse, 'url'>, administrator: string): Promise<MarkedPerson> {
  const marks: string[] = [];
  const mark = (text: string): string => (marks.push(text), text);
  const word = (kind: string) => mark(`mark-${kind}-${randomBytes(6).toString('hex')}`);
  const [first, second] = [`first-${randomBytes(12).toString('hex')}`, `second-${randomBytes(12).toString('hex')}`];
  const former = `former-${randomBytes(6).toString('hex')}`;
  const email = mark(`mark-${randomBytes(6).toString('hex')}@marked.example`);
  const client = () => ({ 'user-agent': word('agent'), 'x-forwarded-for': mark(newAddress()) });
  const ok = async (...request: Parameters<typeof send>) => {
    const answer = await send(...request);
    if (answer.status !== 200) throw new Error(`${request[1]} ${request[2]}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };

  const entered = await ok(url, 'POST', '/v1/auth/signup', {
    body: { email, password: first, displayName: former, requestId: randomUUID() },
    headers: client(),
  });
  const { id } = entered.user;
  const user = {
    displayName: word('display'),
    givenName: word('given'),
    familyName: word('family'),
    username: word('username'),
    phone: mark(`+4930${10 ** 9 + randomInt(10 ** 9)}`),
    pictureUrl: `https://pictures.example/${word('picture')}`,
    locale: 'de-DE',
    timeZone: 'Europe/Berlin',
    externalIds: [{ provider: word('provider'), id: word('external') }],
    publicMetadata: { plan: word('public') },
    privateMetadata: { note: word('private') },
    ownMetadata: { theme: word('own') },
  };
  // kept for repetitions too
  await ok(url, 'PATCH', `/v1/users/${id}?requestId=${randomUUID()}`, { token: administrator, body: user });

  const again = await ok(url, 'POST', '/v1/auth/login', { body: { email, password: first }, headers: client() });
  await ok(url, 'POST', '/v1/auth/password:change', { token: again.accessToken, body: { oldPassword: first, newPassword: second } });
  const { sessions } = await ok(url, 'GET', '/v1/users/me/sessions', { token: again.accessToken });
  await ok(url, 'PATCH', `/v1/users/me/sessions/${sessions[0].id}`, { token: again.accessToken, body: { displayName: word('session') } });
  return { id, email, marks, secrets: [former, first, second, entered.refreshToken, again.refreshToken, again.accessToken] };
}

/** An address for documentation (RFC 3849), in its canonical form (RFC 5952). */
const newAddress = (): string => `2001:db8:${Array.from({ length: 6 }, () => (0x1000 + randomInt(0xf000)).toString(16)).join(':')}`;
