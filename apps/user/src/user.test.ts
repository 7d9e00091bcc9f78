import { emptyProfile, etagOf, isAdministrator, type User, withChange } from './user';

const ada: User = {
  ...emptyProfile,
  id: '018f0000-0000-7000-8000-000000000001',
  email: 'ada@example.com',
  emailVerified: true,
  status: 'active',
  undeleteStatus: undefined,
  roleIds: ['member'],
  createTime: new Date(0),
  updateTime: new Date(0),
  deleteTime: undefined,
  purgeTime: undefined,
  lastSeenTime: undefined,
  revision: 1,
};

describe('a person', () => {
  it('has an etag that changes with each revision', () => {
    expect(etagOf({ revision: 1 })).not.toBe(etagOf({ revision: 2 }));
  });

  it('administers with the role, while nothing keeps them out', () => {
    expect(isAdministrator({ roleIds: ['admin', 'member'], status: 'active' })).toBe(true);
    expect(isAdministrator({ roleIds: ['member'], status: 'active' })).toBe(false);
    for (const status of ['suspended', 'deleted'] as const) expect(isAdministrator({ roleIds: ['admin'], status })).toBe(false);
  });

  it('has a new email unverified, unless that is said with it', () => {
    expect(withChange(ada, { email: 'countess@example.com' }).emailVerified).toBe(false);
    expect(withChange(ada, { email: 'countess@example.com', emailVerified: true }).emailVerified).toBe(true);
    expect(withChange(ada, { email: 'ada@example.com', displayName: 'Ada' }).emailVerified).toBe(true);
  });
});
