import { descriptorSet, RoleServiceDefinition } from '@gatehouse/contracts/user';
import { createChannel, createClient } from '@gatehouse/rpc';
import { adminId, startUser, type UserUnderTest, verdictOf } from './user-under-test';

describe('ListRoles', () => {
  let user: UserUnderTest;
  let channel: ReturnType<typeof createChannel>;
  beforeAll(async () => {
    user = await startUser();
    channel = createChannel({ target: user.target, descriptorSets: [descriptorSet] });
  });
  afterAll(async () => {
    channel.close();
    await user.close();
  });

  it('gives each role once, page by page, and refuses a token that it did not give', async () => {
    const token = await user.issuer.accessToken({ id: adminId, permissions: ['roles.create', 'roles.read', 'users.create', 'users.read'] });
    const roles = createClient(RoleServiceDefinition, channel, { credentials: async () => token });
    for (const roleId of ['support', 'auditor', 'editor']) await roles.createRole({ roleId, role: {} });
    const found: string[] = [];
    const tokens: string[] = [];
    do {
      const page = await roles.listRoles({ pageSize: 2, pageToken: tokens.at(-1) ?? '' });
      found.push(...page.roles.map(({ id }) => id));
      tokens.push(page.nextPageToken);
    } while (tokens.at(-1));
    expect(found).toEqual(['admin', 'auditor', 'editor', 'member', 'support']);
    for (const email of ['ada@example.com', 'lea@example.com']) await user.as(token).createUser({ email });
    const { nextPageToken: ofUsers } = await user.as(token).listUsers({ pageSize: 1 });
    expect(ofUsers).not.toBe('');
    for (const pageToken of ['auditor', `${tokens[0]}A`, ofUsers])
      expect(await verdictOf(roles.listRoles({ pageToken }))).toBe('INVALID_ARGUMENT PAGE_TOKEN_INVALID pageToken');
  });
});
