import {
  AuthServiceDefinition,
  factorCodeInvalid,
  FactorServiceDefinition,
  FactorType,
  invalidCredentials,
  LoginResponse,
  loginTokenInvalid,
  RefreshResponse,
} from '@gatehouse/contracts/auth';
import { bindService } from '@gatehouse/rpc';
import type { Directory } from './directory';

export const account = { email: 'root@example.com', password: 'a password for tests' };

const maxTries = 5;

/** What a directory answers who logs in: by a password, and by a code where it takes some. */
export function bindLogins({ whims, calls, tokens, enter }: Pick<Directory, 'whims' | 'calls'> & { tokens: Set<string>; enter: (name: string) => void }) {
  let issued = 0;
  const issue = () => {
    const accessToken = `access-${++issued}`;
    tokens.add(accessToken);
    return { accessToken, refreshToken: `refresh-${issued}`, tokenType: 'Bearer', expiresIn: whims.lifeSeconds };
  };
  const triesLeft = new Map<string, number>();
  const { login, refresh, logout } = AuthServiceDefinition.methods;
  const { completeLogin } = FactorServiceDefinition.methods;
  return [
    bindService(
      { ...AuthServiceDefinition, methods: { login, refresh, logout } },
      {
        async login({ email, password }) {
          calls.push('Login');
          if (email !== account.email || password !== account.password) throw invalidCredentials();
          if (whims.isUnverified) return LoginResponse.fromPartial({ verificationRequired: true });
          if (!whims.codes) return LoginResponse.fromPartial({ verificationRequired: false, ...issue() });
          const loginToken = `login-${triesLeft.size}`;
          triesLeft.set(loginToken, maxTries);
          return LoginResponse.fromPartial({ verificationRequired: false, factorRequired: true, factorTypes: [FactorType.FACTOR_TYPE_TOTP], loginToken });
        },
        async refresh() {
          enter('Refresh');
          return RefreshResponse.fromPartial(issue());
        },
        async logout() {
          calls.push('Logout');
          return {};
        },
      },
    ),
    bindService(
      { ...FactorServiceDefinition, methods: { completeLogin } },
      {
        async completeLogin({ loginToken, code }) {
          enter('CompleteLogin');
          const left = triesLeft.get(loginToken);
          if (!left) throw loginTokenInvalid();
          triesLeft.set(loginToken, left - 1);
          const isDigits = /^\d{6}$/.test(code!.value);
          const index = whims.codes!.indexOf(code!.value);
          if (index < 0 || isDigits !== (code!.$case === 'totpCode')) throw factorCodeInvalid();
          whims.codes!.splice(index, 1);
          triesLeft.set(loginToken, 0);
          return LoginResponse.fromPartial({ verificationRequired: false, ...issue() });
        },
      },
    ),
  ];
}
