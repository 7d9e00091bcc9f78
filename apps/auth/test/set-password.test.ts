import { descriptorSet, UserServiceDefinition } from '@gatehouse/contracts/user';
import { createChannel, createClient } from '@gatehouse/rpc';
import { createPasswordChanges, type PasswordChanges } from '../src/passwords/password-changes';
import { createPasswordPolicy } from '../src/passwords/password-policy';
import { createPasswords } from '../src/passwords/passwords';
import { createPeople } from '../src/people';
import { type AuthUnderTest, startAuth, verdictOf } from './auth-under-test';

const owner = { email: 'ada@example.com', displayName: 'Ada' };
const first = 'correct horse battery';
const next = 'seven purple bicycles';
const wrong = 'UNAUTHENTICATED INVALID_CREDENTIALS';
let under: AuthUnderTest;
let changes: PasswordChanges;
/** Whom a change was told of, and what telling does then. */
const told: string[] = [];
let onTold = async () => {};
beforeAll(async () => {
  under = await startAuth();
  const channel = createChannel({ target: under.users.target, descriptorSets: [descriptorSet] });
  under.alsoClose.push(() => channel.close());
  changes = createPasswordChanges({
    database: under.database,
    people: createPeople(createClient(UserServiceDefinition, channel)),
    passwords: createPasswords(),
    policy: createPasswordPolicy({ minLength: 8, minStrength: 2, contextWords: [], failsClosed: false }),
    security: { raise: () => {} },
    attempts: { begin: () => Promise.reject(new Error('nobody tries a password here')) },
    history: 2,
    onChanged: async (_tx, userId) => {
      told.push(userId);
      await onTold();
    },
  });
});
afterAll(() => under.close());
const login = (email: string, password: string) => verdictOf(under.auth.login({ email, password }));
const set = async (userId: string, password: string) => {
  const prepared = await changes.prepare(userId, owner, password, 'password');
  await under.database.transaction((tx) => changes.set(tx, prepared));
};

describe('a password that is set without the old one', () => {
  it('is the only one from then on, ends every session, and somebody is told', async () => {
    const { user, refreshToken } = await under.auth.signUp({ email: 'ada@example.com', password: first });
    await set(user!.id, next);
    expect([await login('ada@example.com', first), await login('ada@example.com', next)]).toEqual([wrong, 'OK']);
    expect(await verdictOf(under.auth.refresh({ refreshToken }))).toBe('UNAUTHENTICATED REFRESH_TOKEN_INVALID');
    expect(told).toEqual([user!.id]);
    expect(await verdictOf(changes.prepare(user!.id, owner, first, 'password'))).toBe('INVALID_ARGUMENT PASSWORD_REUSED');
  });

  it('may be the first one of a person', async () => {
    const { id } = under.users.add('made@example.com');
    expect(await login('made@example.com', first)).toBe(wrong);
    await set(id, first);
    expect(await login('made@example.com', first)).toBe('OK');
  });

  it('is not set where the transaction does not come to its end', async () => {
    const { user, refreshToken } = await under.auth.signUp({ email: 'bob@example.com', password: first });
    onTold = () => Promise.reject(new Error('no mail can be queued'));
    await expect(set(user!.id, next)).rejects.toThrow('no mail can be queued');
    onTold = async () => {};
    expect([await login('bob@example.com', first), await login('bob@example.com', next)]).toEqual(['OK', wrong]);
    expect(await verdictOf(under.auth.refresh({ refreshToken }))).toBe('OK');
  });
});
