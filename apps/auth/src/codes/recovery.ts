import { clientOf } from '@gatehouse/access';
import { codeInvalid, type RecoveryServiceDefinition } from '@gatehouse/contracts/auth';
import type { Database } from '@gatehouse/postgres';
import type { RpcService } from '@gatehouse/rpc';
import { randomUUID } from 'node:crypto';
import { languageOf } from '../mail/languages';
import type { People } from '../people';
import { countPasswordTry, endCodesOf } from '../postgres/code-repository';
import type { SecurityEvents } from '../security-events';
import { type Devices, newDeviceId } from '../sessions/devices';
import type { Codes } from './codes';
import type { CodeLimits } from './limits';
import { changeProved, findProved } from './proved-person';
import type { PrepareSetPassword } from './set-password';

export interface RecoveryOptions {
  database: Database;
  people: People;
  preparePassword: PrepareSetPassword;
  codes: Codes;
  limits: CodeLimits;
  devices: Pick<Devices, 'toToken'>;
  security: SecurityEvents;
}

/** RecoveryService: how people come in again who have lost their password. */
export function createRecoveryService(options: RecoveryOptions): RpcService<RecoveryServiceDefinition> {
  const { database, people, preparePassword, codes, limits, devices, security } = options;
  return {
    async requestPasswordReset({ email }, call) {
      const id = randomUUID();
      const mayMail = await limits.mayMail('reset_password', email, clientOf(call));
      if (mayMail) await codes.request(database, { id, purpose: 'reset_password', data: { email, language: languageOf(call) } });
      return { resetId: id };
    },
    async resetPassword({ token, resetId: id, code: digits, newPassword }, call) {
      const code = await limits.guess(clientOf(call), () => codes.present({ token, id, code: digits }, 'reset_password'));
      const person = await findProved(people, code);
      // PASSWORD_REUSED tells whether a guess is the present password
      if (!(await countPasswordTry(database, code.id))) throw codeInvalid();
      const setPassword = await preparePassword(person.user, newPassword, 'newPassword');
      // the mail that was read proves the email too
      if (!person.user.emailVerified) await changeProved(people, code, { emailVerified: true });
      const { user } = person;
      await database.transaction(async (tx) => {
        await codes.use(tx, code);
        await setPassword(tx);
        await endCodesOf(tx, user.id);
      });
      security.raise('password_reset', { userId: user.id });
      return { deviceToken: devices.toToken(user.id, newDeviceId()) };
    },
  };
}
