import { canaryEmail, canaryName, canaryPassword, type Leaks } from './canaries';
import type { Gatehouse } from './gatehouse';
import { logIn, send } from './http';
import type { SentRequest } from './send-raw';

interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface CanaryPeople {
  /** A request as people send them, one kind after the other. */
  next(): SentRequest;
  /** One that needs no password to be hashed. */
  nextQuick(): SentRequest;
}

/** Signs people up whose every fact is a canary, and speaks for them. */
export async function seedCanaryPeople({ url, administrator }: Gatehouse, leaks: Leaks): Promise<CanaryPeople> {
  const people: Person[] = [];
  for (let index = 0; index < 4; index++) {
    const credentials = { email: canaryEmail(), password: canaryPassword() };
    const { body } = await send(url, 'POST', '/v1/auth/signup', { body: { ...credentials, displayName: canaryName() } });
    leaks.add(body.accessToken);
    leaks.add(body.refreshToken);
    people.push({ ...credentials, id: body.user.id, accessToken: body.accessToken, refreshToken: body.refreshToken });
  }
  const admin = await logIn(url, administrator);
  leaks.add(admin);

  let count = 0;
  const toRequest = (method: string, path: string, body?: object, token?: string): SentRequest => ({
    method,
    path,
    headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body ? { 'content-type': 'application/json' } : {}) },
    body: body && Buffer.from(JSON.stringify(body)),
  });
  const person = () => people[count % people.length]!;
  const quick: readonly (() => SentRequest)[] = [
    () => toRequest('GET', `/v1/users/${person().id}`, undefined, admin),
    () => toRequest('POST', '/v1/users', { email: canaryEmail(), displayName: canaryName() }, admin),
    () => toRequest('PATCH', `/v1/users/${person().id}?updateMask=displayName`, { displayName: canaryName() }, admin),
    () => toRequest('POST', '/v1/auth/refresh', { refreshToken: person().refreshToken }),
    () => toRequest('GET', '/v1/users?pageSize=2', undefined, admin),
    () => toRequest('POST', '/v1/auth/logout', { refreshToken: 'ghr_canary-password-00000000' }),
    () => toRequest('GET', '/v1/users/me', undefined, person().accessToken),
    () => toRequest('POST', '/v1/users', { email: person().email, displayName: canaryName() }, admin),
    () => toRequest('POST', '/v1/users', { email: canaryEmail(), requestId: person().id }, admin),
    () => toRequest('POST', '/v1/users', { email: canaryEmail(), userId: person().id }, admin),
    () => toRequest('GET', '/v1/users/018f0000-0000-7000-8000-000000000001', undefined, count % 2 ? admin : person().accessToken),
    () => toRequest('PATCH', `/v1/users/${person().id}`, { email: people[(count + 1) % people.length]!.email }, admin),
    () => toRequest('PATCH', '/v1/users/me', { email: person().email, displayName: canaryName(), etag: '"9"' }, person().accessToken),
  ];
  const slow: readonly (() => SentRequest)[] = [
    () => toRequest('POST', '/v1/auth/login', { email: person().email, password: canaryPassword() }),
    () => toRequest('POST', '/v1/auth/login', { email: person().email, password: person().password }),
    () => toRequest('POST', '/v1/auth/signup', { email: canaryEmail(), password: canaryPassword(), displayName: canaryName() }),
  ];
  const all = [...quick, ...quick, ...quick, ...slow];
  return {
    next: () => all[count++ % all.length]!(),
    nextQuick: () => quick[count++ % quick.length]!(),
  };
}
