import { clientOf, principalOf } from '@gatehouse/access';
import { codeInvalid, emailTaken, type EmailServiceDefinition, invalidCredentials } from '@gatehouse/contracts/auth';
import { permissionDenied, validationFailed } from '@gatehouse/contracts/api';
import { isAppError } from '@gatehouse/errors';
import type { Database } from '@gatehouse/postgres';
import type { RpcService } from '@gatehouse/rpc';
import { randomUUID } from 'node:crypto';
import type { RequireFreshFactor } from '../factors/fresh-factor';
import { languageOf } from '../mail/languages';
import type { PasswordChanges } from '../passwords/password-changes';
import type { People, Person } from '../people';
import type { SecurityEvents } from '../security-events';
import type { BegunEmailChange, BegunEmailChanges } from './begun-email-changes';
import type { Code, Codes } from './codes';
import type { CodeLimits } from './limits';
import { isSameEmail } from './one-time-code';
import { changeProved, findProved } from './proved-person';

export interface EmailChangeOptions {
  database: Database;
  people: People;
  passwordChanges: Pick<PasswordChanges, 'prove'>;
  requireFreshFactor: RequireFreshFactor;
  codes: Codes;
  begun: Pick<BegunEmailChanges, 'begin' | 'end'>;
  limits: CodeLimits;
  security: SecurityEvents;
}

type EmailChangeMethods = Pick<RpcService<EmailServiceDefinition>, 'changeEmail' | 'confirmEmailChange'>;

/** The methods of EmailService by which people get another email. */
export function createEmailChange(options: EmailChangeOptions): EmailChangeMethods {
  const { database, people, passwordChanges, requireFreshFactor, codes, begun, limits, security } = options;
  /** Their person, with the new email already where an earlier call came to its end only half way. */
  const change = async (code: Code): Promise<Person> => {
    const { email } = code.data;
    const person = code.userId ? await people.findById(code.userId) : undefined;
    if (person && isSameEmail(person.user.email, email)) return findProved(people, { userId: code.userId, data: { email } });
    const begins = toBegun(code);
    if (person && isSameEmail(person.user.email, begins.oldEmail) && !(await begun.begin(begins))) throw codeInvalid();
    return changeProved(people, code, { email, emailVerified: true }).catch((error) => {
      // whoever confirms it has the mailbox: they may know
      throw isAppError(error, 'EMAIL_TAKEN') ? emailTaken({ cause: error }) : error;
    });
  };

  return {
    async changeEmail({ newEmail, password }, call) {
      const principal = principalOf(call);
      if (principal.kind !== 'user') throw permissionDenied({ permission: '' });
      const { id: userId } = principal;
      const client = clientOf(call);
      await requireFreshFactor(principal);
      const person = await people.findById(userId);
      if (!person) throw invalidCredentials();
      await passwordChanges.prove(person, { password, client, sessionId: principal.sessionId });
      const { email: oldEmail } = person.user;
      if (isSameEmail(oldEmail, newEmail))
        throw validationFailed({ violations: [{ field: 'newEmail', description: 'is the email that the account has', reason: 'email.same' }] });
      const id = randomUUID();
      const mayMail = await limits.mayMail('change_email', newEmail, client);
      if (mayMail) await codes.request(database, { id, purpose: 'change_email', userId, data: { email: newEmail, oldEmail, language: languageOf(call) } });
      return { changeId: id };
    },
    async confirmEmailChange({ token, changeId: id, code: digits }, call) {
      const code = await limits.guess(clientOf(call), () => codes.present({ token, id, code: digits }, 'change_email'));
      const { user } = await change(code);
      await database.transaction(async (tx) => {
        await codes.use(tx, code);
        await begun.end(tx, toBegun(code), user);
      });
      security.raise('email_changed', { userId: user.id });
      return {};
    },
  };
}

const toBegun = ({ id: codeId, userId, data: { oldEmail } }: Code): BegunEmailChange => ({ codeId, userId: userId!, oldEmail: oldEmail! });
