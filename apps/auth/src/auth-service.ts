import type { AuthServiceDefinition } from '@gatehouse/contracts/auth';
import type { RpcService } from '@gatehouse/rpc';
import type { Login } from './login';
import type { Sessions } from './sessions';
import type { SignUp } from './sign-up';

/** AuthService: how people prove who they are. */
export function createAuthService({ signUp, login, sessions }: { signUp: SignUp; login: Login; sessions: Sessions }): RpcService<AuthServiceDefinition> {
  return {
    signUp: (request, call) => signUp(request, call.method.path),
    login: ({ email, password }) => login(email, password),
    refresh: ({ refreshToken }) => sessions.refresh(refreshToken),
    async logout({ refreshToken }) {
      await sessions.end(refreshToken);
      return {};
    },
  };
}
