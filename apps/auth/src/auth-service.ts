import { clientOf } from '@gatehouse/access';
import type { AuthServiceDefinition } from '@gatehouse/contracts/auth';
import type { RpcCall, RpcService } from '@gatehouse/rpc';
import type { Caller, Login } from './login';
import { languageOf } from './mail/languages';
import type { Sessions } from './sessions/sessions';
import type { SignUp } from './sign-up';

const callerOf = (call: RpcCall): Caller => ({ client: clientOf(call), language: languageOf(call) });

/** AuthService: how people prove who they are. */
export function createAuthService({ signUp, login, sessions }: { signUp: SignUp; login: Login; sessions: Sessions }): RpcService<AuthServiceDefinition> {
  return {
    signUp: (request, call) => signUp(request, call.method.path, callerOf(call)),
    login: (request, call) => login(request, callerOf(call)),
    refresh: ({ refreshToken }, call) => sessions.refresh(refreshToken, clientOf(call)),
    async logout({ refreshToken }) {
      await sessions.end(refreshToken);
      return {};
    },
  };
}
