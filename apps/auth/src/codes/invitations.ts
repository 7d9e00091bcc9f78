import { clientOf, toPrincipalName } from '@gatehouse/access';
import { requestIdReused } from '@gatehouse/contracts/api';
import {
  codeInvalid,
  emailTaken,
  type Invitation,
  invitationNotFound,
  type InvitationServiceDefinition,
  type InviteUserRequest,
} from '@gatehouse/contracts/auth';
import { isAppError } from '@gatehouse/errors';
import type { Database } from '@gatehouse/postgres';
import type { RpcCall, RpcService } from '@gatehouse/rpc';
import { type KeyObject, randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { languageOf } from '../mail/languages';
import { isSuspended, type People } from '../people';
import { endCodesOf, lockCodesOf, useCode } from '../postgres/code-repository';
import { findPasswordHash } from '../postgres/credential-repository';
import { newDeviceId } from '../sessions/devices';
import type { Sessions } from '../sessions/sessions';
import type { Code, Codes } from './codes';
import type { CodeLimits } from './limits';
import { isSameEmail, toRepeatableId } from './one-time-code';
import { changeProved, findProved } from './proved-person';
import type { PrepareSetPassword } from './set-password';

export interface InvitationsOptions {
  database: Database;
  people: People;
  sessions: Sessions;
  preparePassword: PrepareSetPassword;
  codes: Codes;
  limits: CodeLimits;
  /** Of which the id of an invitation is made that a repeated request finds again. */
  idKey: KeyObject;
}

type Asked = Omit<Code, 'data'> & { readonly data?: Code['data'] };

/** InvitationService: people whom an administrator knows, and who choose their first password themselves. */
export function createInvitationService(options: InvitationsOptions): RpcService<InvitationServiceDefinition> {
  const { database, people, sessions, preparePassword, codes, limits, idKey } = options;

  /** The invitation that this request asks for: written down before there is a person, so that nobody is made and never invited. */
  const ask = async ({ email, displayName, requestId }: InviteUserRequest, call: RpcCall): Promise<Asked> => {
    const id = requestId ? toRepeatableId(idKey, [toPrincipalName(call), requestId]) : randomUUID();
    await codes.request(database, { id, purpose: 'invitation', userId: uuidv7(), data: { email, displayName, language: languageOf(call) } });
    const asked = (await codes.find(id))!;
    const { data } = asked;
    if (data && !(isSameEmail(data.email, email) && (data.displayName ?? '') === displayName)) throw requestIdReused();
    return asked;
  };

  return {
    async inviteUser(request, call): Promise<Invitation> {
      const { id, userId, expireTime, data } = await ask(request, call);
      const { email, displayName } = request;
      // what has ended has been answered, or accepted
      if (data)
        await people.create({ id: userId!, email, displayName }).catch(async (error) => {
          if (!isAppError(error, 'EMAIL_TAKEN')) throw error;
          await useCode(database, id);
          throw emailTaken({ cause: error });
        });
      const person = await people.findById(userId!);
      if (!person) throw emailTaken();
      return { user: person.user, expireTime };
    },
    async resendInvitation({ userId }, call) {
      const person = await people.findById(userId);
      if (!person || isSuspended(person) || (await findPasswordHash(database, userId))) throw invitationNotFound();
      const { email, displayName } = person.user;
      const id = await codes.request(database, { purpose: 'invitation', userId, data: { email, displayName, language: languageOf(call) } });
      return { user: person.user, expireTime: (await codes.find(id))!.expireTime };
    },
    async revokeInvitation({ userId }) {
      await database.transaction(async (tx) => {
        await lockCodesOf(tx, { userId });
        await endCodesOf(tx, userId, 'invitation');
      });
      return {};
    },
    async acceptInvitation({ token, password, displayName }, call) {
      const client = clientOf(call);
      const code = await limits.guess(client, () => codes.present({ token, id: '', code: '' }, 'invitation'));
      const { user } = await findProved(people, code);
      // it is for a first password; another one is set by a reset
      if (await findPasswordHash(database, user.id)) throw codeInvalid();
      const setPassword = await preparePassword(user, password, 'password');
      const person = await changeProved(people, code, { emailVerified: true, ...(displayName && { displayName }) });
      const session = await database.transaction(async (tx) => {
        await codes.use(tx, code);
        await setPassword(tx);
        await endCodesOf(tx, user.id);
        return sessions.open(tx, person, { client, deviceId: newDeviceId(), isDeviceKnown: false, methods: ['pwd'] });
      });
      return { user: person.user, ...(await sessions.toTokens(session, person)) };
    },
  };
}
