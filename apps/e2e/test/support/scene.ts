import { randomUUID } from 'node:crypto';
import { type Gatehouse, startGatehouse } from './gatehouse';
import { logIn, send, signUp } from './http';
import { joinSigningKeys, type TokenIssuer } from './token-issuer';
import { whileChanged, withClient } from './with-client';

export const password = 'correct horse battery';
export const nobodysId = '018f0000-0000-7000-8000-000000000001';

interface Person {
  readonly id: string;
  readonly email: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** An installation with people in every state that an error can be about. */
export interface Scene {
  readonly gatehouse: Gatehouse;
  readonly issuer: TokenIssuer;
  readonly administrator: string;
  readonly ada: Person;
  readonly bob: Person;
  readonly suspended: Person;
  /** Of a person who was suspended before their sign-up, which broke off, was taken up again. */
  readonly halfSignedUp: string;
  /** The ids of the administrator, of somebody who is deleted, and of somebody with the role `biller`, whose permission no other role has. */
  readonly root: string;
  readonly deleted: string;
  readonly biller: string;
  /** A request id that Ada's creation by an administrator was made with. */
  readonly usedRequestId: string;
}

/** @param env settings of the installation */
export async function setScene(env: Record<string, string> = {}): Promise<Scene> {
  const gatehouse = await startGatehouse({ env });
  const issuer = await joinSigningKeys(gatehouse);
  const { url, databases } = gatehouse;
  const enter = async (name: string): Promise<Person> => {
    const { body } = await signUp(url, `${name}@example.com`, password);
    return { id: body.user.id, email: body.user.email, accessToken: body.accessToken, refreshToken: body.refreshToken };
  };
  const [ada, bob, suspended] = [await enter('ada'), await enter('bob'), await enter('suspended')];
  const halfSignedUp = 'half@example.com';
  // `user` has the person, and nobody the credentials
  await whileChanged(
    databases.auth,
    'revoke insert on credentials from gatehouse_auth',
    'grant insert on credentials to gatehouse_auth',
    async () => void (await signUp(url, halfSignedUp, password)),
  );
  await withClient(databases.user, (client) => client.query("update users set status = 'suspended' where email = any ($1)", [[suspended.email, halfSignedUp]]));
  const administrator = await logIn(url, gatehouse.administrator);
  const usedRequestId = randomUUID();
  await send(url, 'POST', '/v1/users', { token: administrator, body: { email: 'first@example.com', requestId: usedRequestId } });
  const asAdministrator = async (method: string, path: string, body?: object) => (await send(url, method, path, { token: administrator, body })).body;
  const { id: root } = await asAdministrator('GET', '/v1/users/me');
  await asAdministrator('POST', '/v1/users', { email: 'named@example.com', username: 'named', externalIds: [{ provider: 'okta', id: 'named' }] });
  const { id: deleted } = await asAdministrator('POST', '/v1/users', { email: 'deleted@example.com' });
  await asAdministrator('DELETE', `/v1/users/${deleted}`);
  await asAdministrator('POST', '/v1/roles?roleId=biller', { title: 'Bills', permissions: ['invoices.send'] });
  const { id: biller } = await asAdministrator('POST', '/v1/users', { email: 'biller@example.com' });
  await asAdministrator('POST', `/v1/users/${biller}:setRoles`, { roleIds: ['biller'] });
  return { gatehouse, issuer, root, deleted, biller, administrator, ada, bob, suspended, halfSignedUp, usedRequestId };
}
