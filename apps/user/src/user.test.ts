import { etagOf, permissionsOf, toPageSize, toRevision } from './user';

describe('a person', () => {
  it('may what any of their roles permits', () => {
    expect(permissionsOf({ roles: ['member'] })).toEqual([]);
    expect(permissionsOf({ roles: ['admin', 'member'] })).toEqual(expect.arrayContaining(['users.create', 'users.read', 'users.update']));
  });

  it('has an etag that changes with each revision', () => {
    expect(etagOf({ revision: 1 })).not.toBe(etagOf({ revision: 2 }));
    expect(toRevision(etagOf({ revision: 12 }))).toBe(12);
  });
});

describe('a page', () => {
  it('has 50 people unless asked otherwise, and never more than 200', () => {
    expect([0, 1, 200, 201, 2_147_483_647].map(toPageSize)).toEqual([50, 1, 200, 200, 200]);
  });
});
