import { type JsonObject } from '@bufbuild/protobuf';
import { platformErrors } from '@gatehouse/contracts/api';
import { type ErrorDeclaration, toHttpStatus } from '@gatehouse/errors';
import { createRegistryOf, readErrors } from '@gatehouse/rpc';
import { randomUUID } from 'node:crypto';
import { callByHttp, type CallOptions, contracts, createGrpcCaller, methods, nameOf, routed, toSeen } from './support/callers';
import { type Answer, send } from './support/http';
import { password, nobodysId, type Scene, setScene } from './support/scene';
import { enrolTotp, proven, whileHasFactors, whileLoggingIn } from './support/factors';
import { type MailedLinks, mailLinks, whileVerifying } from './support/mailed-links';
import { provokeAtEdge } from './support/edge-refusals';
import { until } from './support/service-process';
import { endConnections, untilBlocked, whileChanged, whileHolding, withClient } from './support/with-client';

let scene: Scene;
let grpc: ReturnType<typeof createGrpcCaller>;
let links: MailedLinks;
beforeAll(async () => {
  scene = await setScene(captcha);
  links = await mailLinks(scene);
  grpc = createGrpcCaller(scene.gatehouse);
});
afterAll(async () => {
  grpc.close();
  await links.close();
  await scene.gatehouse.close();
});

/** How a reason is provoked: the very same way by gRPC and by HTTP. */
interface Provocation {
  readonly request: () => JsonObject;
  /** Whose token it carries; nobody's without. */
  readonly token?: () => string | Promise<string>;
  readonly options?: Omit<CallOptions, 'token'>;
  /** Brings about what the calls fail of, for as long as they take. */
  readonly while?: (calls: () => Promise<void>) => Promise<void>;
  /** The violations are those of the one form, and another form has others. */
  readonly hasOwnViolations?: boolean;
  /** By HTTP it is told in the words of RFC 6749 §5.2, without a page. */
  readonly isOAuth?: boolean;
}

const asAdministrator = () => scene.administrator;
const asAda = () => scene.ada.accessToken;
const asAuth = () => scene.issuer.service();
/** Who may import people and their passwords. */
const asImporter = () => scene.issuer.access(scene.root, 0, ['accounts.import', 'users.import']);
/** Somebody who may do much, and less than others. */
const asSupporter = () => scene.issuer.access(scene.bob.id, 0, supportersPermissions);
const asInviter = () => scene.issuer.access(scene.root, 0, ['users.invite']);
const supportersPermissions = ['users.read', 'users.update', 'users.delete', 'users.suspend', 'users.setRoles', 'roles.create', 'roles.update'];
const okta = (id: string) => ({ externalIds: [{ provider: 'okta', id }] });
const newPassword = 'seven purple bicycles';
const stale = '"77"';
let pendingFactor = '';

/** The reasons of a method that says whether somebody may enter, or what they may do. */
const ofStatus = (method: string, reasons: readonly string[], more: JsonObject = {}): Readonly<Record<string, Provocation>> => {
  const all: Readonly<Record<string, Provocation>> = {
    USER_NOT_FOUND: { request: () => ({ id: nobodysId, ...more }), token: asAdministrator },
    USER_DELETED: { request: () => ({ id: scene.deleted, ...more }), token: asAdministrator },
    LAST_ADMINISTRATOR: { request: () => ({ id: scene.root, ...more }), token: asAdministrator },
    PERMISSION_NOT_HELD: { request: () => ({ id: scene.biller, ...more }), token: asSupporter },
    ETAG_MISMATCH: { request: () => ({ id: scene.ada.id, etag: stale, ...more }), token: asAdministrator },
  };
  return Object.fromEntries(reasons.map((reason) => [`UserService.${method} ${reason}`, all[reason]!]));
};

// nobody is there who verifies one
const captcha = {
  AUTH_CAPTCHA_VERIFY_URL: 'http://127.0.0.1:1/siteverify',
  AUTH_CAPTCHA_SECRET: 'a secret',
  AUTH_CAPTCHA_SITE_KEY: 'a-site-key',
  AUTH_CAPTCHA_FAIL_MODE: 'closed',
};

interface Guess extends Pick<Provocation, 'request' | 'token' | 'while'> {
  /** `AuthService.Login`. */
  readonly method: string;
}

/** Has what is counted by now be changed for as long as the calls take. */
const whileCounted =
  ({ method, request, token, while: around = (work) => work() }: Guess, change: string) =>
  (calls: () => Promise<void>) =>
    around(async () => {
      // so that there is something counted
      await callByHttp(scene.gatehouse.url, method, request(), { token: await token?.() });
      await whileChanged(scene.gatehouse.databases.auth, `update attempts set ${change}`, 'delete from attempts', calls);
    });

/** The reason of a method by which something is guessed that was guessed too often. */
const ofGuesses = (guess: Guess): Readonly<Record<string, Provocation>> => ({
  [`${guess.method} TOO_MANY_ATTEMPTS`]: {
    request: guess.request,
    token: guess.token,
    while: whileCounted(guess, `blocked_until = now() + interval '1 hour'`),
  },
});

/** The reasons of a method that also machines guess by. */
const ofMachines = (guess: Guess): Readonly<Record<string, Provocation>> => {
  const whileNear = whileCounted(guess, 'level = 900000, update_time = now()');
  return {
    ...ofGuesses(guess),
    [`${guess.method} CAPTCHA_REQUIRED`]: { request: guess.request, while: whileNear },
    [`${guess.method} CAPTCHA_UNAVAILABLE`]: { request: () => ({ ...guess.request(), captchaToken: 'solved' }), while: whileNear },
  };
};
const wrongPassword = () => ({ email: scene.ada.email, password: 'a wrong password' });

/** The reasons of a method by which somebody sets a password, whom a link proved. */
const ofPasswords = (method: string, request: (newPassword: string) => JsonObject): Readonly<Record<string, Provocation>> => ({
  [`${method} PASSWORD_TOO_WEAK`]: { request: () => request('qwertyuiop[]89') },
  [`${method} PASSWORD_BREACHED`]: { request: () => request('password1') },
});

/** What the methods declare, by method and reason. */
const ofMethods: Readonly<Record<string, Provocation>> = {
  'UserService.CreateUser EMAIL_TAKEN': { request: () => ({ email: 'ADA@example.com' }), token: asAdministrator },
  'UserService.CreateUser USER_ID_NOT_ALLOWED': { request: () => ({ email: 'new@example.com', userId: randomUUID() }), token: asAdministrator },
  'UserService.GetUser USER_NOT_FOUND': { request: () => ({ id: nobodysId }), token: asAdministrator },
  'UserService.ListUsers PAGE_TOKEN_INVALID': { request: () => ({ pageToken: 'made-up' }), token: asAdministrator },
  'UserService.UpdateUser USER_NOT_FOUND': { request: () => ({ user: { id: nobodysId, displayName: 'Nobody' } }), token: asAdministrator },
  'UserService.UpdateUser EMAIL_TAKEN': { request: () => ({ user: { id: scene.ada.id, email: scene.bob.email } }), token: asAdministrator },
  'UserService.UpdateUser EMAIL_CHANGE_NOT_ALLOWED': { request: () => ({ user: { id: 'me', email: 'else@example.com' } }), token: asAda },
  'UserService.UpdateUser ETAG_MISMATCH': { request: () => ({ user: { id: scene.ada.id, displayName: 'Ada', etag: '"77"' } }), token: asAdministrator },
  'UserService.CreateUser USERNAME_TAKEN': { request: () => ({ email: 'new@example.com', username: 'NAMED' }), token: asAdministrator },
  'UserService.CreateUser EXTERNAL_ID_TAKEN': { request: () => ({ email: 'new@example.com', ...okta('named') }), token: asAdministrator },
  'UserService.UpdateUser USERNAME_TAKEN': { request: () => ({ user: { id: scene.ada.id, username: 'NAMED' } }), token: asAdministrator },
  'UserService.UpdateUser EXTERNAL_ID_TAKEN': { request: () => ({ user: { id: scene.ada.id, ...okta('named') } }), token: asAdministrator },
  'UserService.UpdateUser FIELD_CHANGE_NOT_ALLOWED': { request: () => ({ user: { id: 'me', phone: '+4930123456' } }), token: asAda },
  'UserService.UpdateUser PERMISSION_NOT_HELD': { request: () => ({ user: { id: scene.biller, displayName: 'Bill' } }), token: asSupporter },
  'UserService.UpdateUser USER_DELETED': { request: () => ({ user: { id: scene.deleted, displayName: 'Ghost' } }), token: asAdministrator },
  'UserService.BatchGetUsers USER_NOT_FOUND': { request: () => ({ ids: [scene.ada.id, nobodysId] }), token: asAdministrator },
  'UserService.GetUserByExternalId EXTERNAL_ID_UNKNOWN': { request: () => ({ provider: 'okta', id: 'nobody' }), token: asAdministrator },
  'UserService.SearchUsers PAGE_TOKEN_INVALID': { request: () => ({ query: 'ada', pageToken: 'made-up' }), token: asAdministrator },
  ...ofStatus('DeleteUser', ['USER_NOT_FOUND', 'LAST_ADMINISTRATOR', 'PERMISSION_NOT_HELD', 'ETAG_MISMATCH']),
  ...ofStatus('UndeleteUser', ['USER_NOT_FOUND', 'PERMISSION_NOT_HELD', 'ETAG_MISMATCH']),
  ...ofStatus('SuspendUser', ['USER_NOT_FOUND', 'USER_DELETED', 'LAST_ADMINISTRATOR', 'PERMISSION_NOT_HELD', 'ETAG_MISMATCH']),
  ...ofStatus('ReinstateUser', ['USER_NOT_FOUND', 'USER_DELETED', 'PERMISSION_NOT_HELD', 'ETAG_MISMATCH']),
  ...ofStatus('SetUserRoles', ['USER_NOT_FOUND', 'USER_DELETED', 'LAST_ADMINISTRATOR', 'PERMISSION_NOT_HELD', 'ETAG_MISMATCH'], { roleIds: ['member'] }),
  'UserService.SetUserRoles ROLE_NOT_FOUND': { request: () => ({ id: scene.ada.id, roleIds: ['nothing'] }), token: asAdministrator },
  'UserService.ImportUsers IMPORT_OPTIONS_CHANGED': {
    request: () => ({ options: { importId: scene.ada.id, onExisting: 'ON_EXISTING_SKIP' } }),
    token: asAdministrator,
    while: async (calls) => {
      await grpc.call('UserService.ImportUsers', { options: { importId: scene.ada.id } }, { token: scene.administrator });
      await calls();
    },
  },
  'UserService.ImportUsers IMPORT_IN_PROGRESS': {
    request: () => ({ options: { importId: scene.bob.id } }),
    token: asAdministrator,
    while: (calls) => grpc.whileOpen('UserService.ImportUsers', { options: { importId: scene.bob.id } }, { token: scene.administrator }, calls),
  },
  'AccountService.ImportAccounts IMPORT_OPTIONS_CHANGED': {
    request: () => ({ options: { importId: scene.root, onExisting: 'ON_EXISTING_SKIP' } }),
    token: asImporter,
    while: async (calls) => {
      await grpc.call('AccountService.ImportAccounts', { options: { importId: scene.root } }, { token: await asImporter() });
      await calls();
    },
  },
  'AccountService.ImportAccounts IMPORT_IN_PROGRESS': {
    request: () => ({ options: { importId: scene.deleted } }),
    token: asImporter,
    while: async (calls) => grpc.whileOpen('AccountService.ImportAccounts', { options: { importId: scene.deleted } }, { token: await asImporter() }, calls),
  },
  'UserService.ExportUsers CURSOR_EXPIRED': { request: () => ({ cursor: 'made-up' }), token: asAdministrator },
  'UserService.WatchUserChanges CURSOR_EXPIRED': { request: () => ({ cursor: 'made-up' }), token: asAuth },
  'RoleService.CreateRole ROLE_EXISTS': { request: () => ({ roleId: 'biller', role: { title: 'Again' } }), token: asAdministrator },
  'RoleService.CreateRole PERMISSION_NOT_HELD': { request: () => ({ roleId: 'all', role: { permissions: ['roles.escalate'] } }), token: asSupporter },
  'RoleService.GetRole ROLE_NOT_FOUND': { request: () => ({ id: 'nothing' }), token: asAdministrator },
  'RoleService.ListRoles PAGE_TOKEN_INVALID': { request: () => ({ pageToken: 'made up' }), token: asAdministrator },
  'RoleService.UpdateRole ROLE_NOT_FOUND': { request: () => ({ role: { id: 'nothing', title: 'None' } }), token: asAdministrator },
  'RoleService.UpdateRole ROLE_BUILT_IN': { request: () => ({ role: { id: 'admin', permissions: ['users.read'] } }), token: asAdministrator },
  'RoleService.UpdateRole PERMISSION_NOT_HELD': { request: () => ({ role: { id: 'biller', permissions: ['users.read'] } }), token: asSupporter },
  'RoleService.UpdateRole ETAG_MISMATCH': { request: () => ({ role: { id: 'biller', title: 'Late', etag: stale } }), token: asAdministrator },
  'RoleService.DeleteRole ROLE_NOT_FOUND': { request: () => ({ id: 'nothing' }), token: asAdministrator },
  'RoleService.DeleteRole ROLE_BUILT_IN': { request: () => ({ id: 'admin' }), token: asAdministrator },
  'RoleService.DeleteRole ROLE_IN_USE': { request: () => ({ id: 'biller' }), token: asAdministrator },
  'RoleService.DeleteRole ETAG_MISMATCH': { request: () => ({ id: 'biller', etag: stale }), token: asAdministrator },
  'UserService.ResolvePerson USER_NOT_FOUND': { request: () => ({ id: nobodysId }), token: asAuth },
  'UserService.ResolvePerson EMAIL_UNKNOWN': { request: () => ({ email: 'nobody@example.com' }), token: asAuth },
  'UserService.EnsureAdministrator EMAIL_TAKEN': { request: () => ({ email: scene.ada.email, userId: nobodysId }), token: asAuth },
  'AuthService.SignUp EMAIL_TAKEN': { request: () => ({ email: scene.ada.email, password }) },
  'AuthService.SignUp ACCOUNT_SUSPENDED': { request: () => ({ email: scene.halfSignedUp, password }) },
  'AuthService.SignUp PASSWORD_TOO_WEAK': { request: () => ({ email: 'weak@example.com', password: 'qwertyuiop[]89' }) },
  'AuthService.SignUp PASSWORD_BREACHED': { request: () => ({ email: 'weak@example.com', password: 'password1' }) },
  'PasswordService.ChangePassword INVALID_CREDENTIALS': { request: () => ({ oldPassword: 'wrong', newPassword }), token: asAda },
  'PasswordService.ChangePassword ACCOUNT_SUSPENDED': { request: () => ({ oldPassword: password, newPassword }), token: () => scene.suspended.accessToken },
  'PasswordService.ChangePassword PASSWORD_TOO_WEAK': { request: () => ({ oldPassword: password, newPassword: 'qwertyuiop[]89' }), token: asAda },
  'PasswordService.ChangePassword PASSWORD_BREACHED': { request: () => ({ oldPassword: password, newPassword: 'password1' }), token: asAda },
  'PasswordService.ChangePassword PASSWORD_REUSED': { request: () => ({ oldPassword: password, newPassword: password }), token: asAda },
  ...ofGuesses({ method: 'PasswordService.ChangePassword', request: () => ({ oldPassword: 'wrong', newPassword }), token: asAda }),
  'AuthService.Login INVALID_CREDENTIALS': { request: () => ({ email: scene.ada.email, password: 'wrong' }) },
  'AuthService.Login ACCOUNT_SUSPENDED': { request: () => ({ email: scene.suspended.email, password }) },
  ...ofMachines({ method: 'AuthService.SignUp', request: wrongPassword }),
  ...ofMachines({ method: 'AuthService.Login', request: wrongPassword }),
  'AuthService.Login EMAIL_NOT_VERIFIED': {
    request: () => ({ email: scene.ada.email, password }),
    while: (calls) => whileVerifying(scene.gatehouse, {}, calls),
  },
  'EmailService.VerifyEmail CODE_INVALID': { request: () => ({ token: 'ghc_dead' }) },
  'EmailService.VerifyEmail PASSWORD_REQUIRED': { request: () => ({ token: links.signUp }) },
  'EmailService.VerifyEmail INVALID_CREDENTIALS': { request: () => ({ token: links.signUp, password: 'wrong' }) },
  'EmailService.VerifyEmail EMAIL_TAKEN': { request: () => ({ token: links.takenSignUp, password }) },
  'EmailService.VerifyEmail ACCOUNT_SUSPENDED': { request: () => ({ token: links.verification }) },
  ...ofGuesses({ method: 'EmailService.VerifyEmail', request: () => ({ token: 'ghc_dead' }) }),
  'EmailService.ChangeEmail INVALID_CREDENTIALS': { request: () => ({ newEmail: 'else@example.com', password: 'wrong' }), token: asAda },
  ...ofGuesses({ method: 'EmailService.ChangeEmail', request: () => ({ newEmail: 'else@example.com', password: 'wrong' }), token: asAda }),
  'EmailService.ConfirmEmailChange CODE_INVALID': { request: () => ({ token: 'ghc_dead' }) },
  'EmailService.ConfirmEmailChange EMAIL_TAKEN': { request: () => ({ token: links.takenChange }) },
  'EmailService.ConfirmEmailChange ACCOUNT_SUSPENDED': { request: () => ({ token: links.suspendedChange }) },
  ...ofGuesses({ method: 'EmailService.ConfirmEmailChange', request: () => ({ token: 'ghc_dead' }) }),
  'RecoveryService.ResetPassword CODE_INVALID': { request: () => ({ token: 'ghc_dead', newPassword: password }) },
  'RecoveryService.ResetPassword ACCOUNT_SUSPENDED': { request: () => ({ token: links.reset, newPassword: password }) },
  'RecoveryService.ResetPassword PASSWORD_REUSED': { request: () => ({ token: links.openReset, newPassword: password }) },
  ...ofPasswords('RecoveryService.ResetPassword', (newPassword) => ({ token: links.openReset, newPassword })),
  ...ofGuesses({ method: 'RecoveryService.ResetPassword', request: () => ({ token: 'ghc_dead', newPassword }) }),
  'InvitationService.InviteUser EMAIL_TAKEN': { request: () => ({ email: scene.ada.email }), token: asInviter },
  'InvitationService.ResendInvitation INVITATION_NOT_FOUND': { request: () => ({ userId: nobodysId }), token: asInviter },
  'InvitationService.AcceptInvitation CODE_INVALID': { request: () => ({ token: 'ghc_dead', password }) },
  'InvitationService.AcceptInvitation ACCOUNT_SUSPENDED': { request: () => ({ token: links.invitation, password }) },
  ...ofPasswords('InvitationService.AcceptInvitation', (newPassword) => ({ token: links.openInvitation, password: newPassword })),
  ...ofGuesses({ method: 'InvitationService.AcceptInvitation', request: () => ({ token: 'ghc_dead', password }) }),
  'AuthService.Refresh REFRESH_TOKEN_INVALID': { request: () => ({ refreshToken: 'ghr_dead' }) },
  'AuthService.Refresh ACCOUNT_SUSPENDED': { request: () => ({ refreshToken: scene.suspended.refreshToken }) },
  'KeyService.WithdrawSigningKey SIGNING_KEY_NOT_FOUND': { request: () => ({ kid: 'none' }), token: () => scene.issuer.access(scene.root, 0, ['keys.manage']) },
  'TokenService.IssueToken INVALID_GRANT': { request: () => ({ grant_type: 'refresh_token', refresh_token: 'ghr_dead' }), isOAuth: true },
  'TokenService.IssueToken INVALID_SCOPE': { request: () => ({ grant_type: 'refresh_token', refresh_token: 'ghr_dead', scope: 'openid' }), isOAuth: true },
  'TokenService.IssueToken UNSUPPORTED_GRANT_TYPE': { request: () => ({ grant_type: 'password' }), isOAuth: true },
  'FactorService.EnrollTotp FACTOR_LIMIT_REACHED': {
    request: () => ({}),
    token: () => proven(scene, scene.bob.id),
    while: (calls) => whileHasFactors(scene, scene.bob.id, 5, calls),
  },
  'FactorService.EnrollTotp ACCOUNT_SUSPENDED': { request: () => ({}), token: () => proven(scene, scene.suspended.id) },
  'FactorService.ConfirmTotp FACTOR_NOT_FOUND': { request: () => ({ factorId: nobodysId, totpCode: '000000' }), token: () => proven(scene, scene.ada.id) },
  'FactorService.ConfirmTotp FACTOR_CODE_INVALID': {
    request: () => ({ factorId: pendingFactor, totpCode: '000000' }),
    token: () => proven(scene, scene.ada.id),
    async while(calls) {
      pendingFactor = await enrolTotp(scene, scene.ada.id);
      await calls();
    },
  },
  'FactorService.DeleteFactor FACTOR_NOT_FOUND': { request: () => ({ userId: 'me', factorId: nobodysId }), token: () => proven(scene, scene.ada.id) },
  'FactorService.RegenerateRecoveryCodes FACTOR_MISSING': { request: () => ({}), token: () => proven(scene, scene.ada.id) },
  'FactorService.CompleteLogin LOGIN_TOKEN_INVALID': { request: () => ({ loginToken: 'ghl_dead', totpCode: '000000' }) },
  'FactorService.CompleteLogin FACTOR_CODE_INVALID': {
    request: () => ({ loginToken: 'ghl_bob', recoveryCode: 'none' }),
    while: (calls) => whileLoggingIn(scene, scene.bob.id, 'ghl_bob', calls),
  },
  'FactorService.CompleteLogin ACCOUNT_SUSPENDED': {
    request: () => ({ loginToken: 'ghl_suspended', totpCode: '000000' }),
    while: (calls) => whileLoggingIn(scene, scene.suspended.id, 'ghl_suspended', calls),
  },
  ...ofMachines({
    method: 'FactorService.CompleteLogin',
    request: () => ({ loginToken: 'ghl_bob', recoveryCode: 'none' }),
    while: (calls) => whileLoggingIn(scene, scene.bob.id, 'ghl_bob', calls),
  }),
  'FactorService.StepUp INVALID_CREDENTIALS': { request: () => ({ password: 'wrong' }), token: asAda },
  'FactorService.StepUp FACTOR_CODE_INVALID': { request: () => ({ totpCode: '000000' }), token: asAda },
  'FactorService.StepUp FACTOR_CODE_MISSING': {
    request: () => ({ password }),
    token: () => scene.bob.accessToken,
    while: (calls) => whileHasFactors(scene, scene.bob.id, 1, calls),
  },
  'FactorService.StepUp ACCOUNT_SUSPENDED': { request: () => ({ password }), token: () => scene.issuer.access(scene.suspended.id) },
  ...ofGuesses({ method: 'FactorService.StepUp', request: () => ({ password: 'wrong' }), token: asAda }),
  'SessionService.ListSessions PAGE_TOKEN_INVALID': { request: () => ({ userId: 'me', pageToken: 'made-up' }), token: asAda },
  'SessionService.UpdateSession SESSION_NOT_FOUND': {
    request: () => ({ session: { userId: 'me', id: nobodysId, displayName: 'Lost' } }),
    token: asAda,
  },
  'SessionService.RevokeSession SESSION_NOT_FOUND': { request: () => ({ userId: 'me', id: nobodysId }), token: asAda },
  'PersonService.ExportPerson PERSON_NOT_FOUND': { request: () => ({ userId: nobodysId }), token: asAdministrator },
  'PersonService.ExportPerson CURSOR_INVALID': { request: () => ({ userId: 'me', cursor: 'made-up' }), token: asAda },
  'PersonService.ErasePerson PERSON_NOT_FOUND': { request: () => ({ userId: nobodysId }), token: () => proven(scene, scene.root, ['people.erase']) },
  'PersonService.ErasePerson LAST_ADMINISTRATOR': { request: () => ({ userId: 'me' }), token: () => proven(scene, scene.root) },
  'PersonService.ErasePerson PERMISSION_NOT_HELD': { request: () => ({ userId: scene.biller }), token: () => proven(scene, scene.bob.id, ['people.erase']) },
  'UserService.EraseUser USER_NOT_FOUND': { request: () => ({ id: nobodysId }), token: asAuth },
  'UserService.EraseUser LAST_ADMINISTRATOR': { request: () => ({ id: scene.root }), token: asAuth },
  'UserService.EraseUser PERMISSION_NOT_HELD': { request: () => ({ id: scene.biller }), token: () => scene.issuer.access(scene.bob.id, 0, ['people.erase']) },
};

const readAda = { method: 'UserService.GetUser', request: () => ({ id: scene.ada.id }), token: asAdministrator };
/** The token of a session that has ended, once gateway and user have heard of it. */
async function toEndedToken(): Promise<string> {
  const { body } = await send(scene.gatehouse.url, 'POST', '/v1/auth/login', { body: { email: scene.ada.email, password } });
  await send(scene.gatehouse.url, 'POST', '/v1/auth/logout', { body: { refreshToken: body.refreshToken } });
  const isHeard = async () =>
    (await send(scene.gatehouse.url, 'GET', '/v1/users/me', { token: body.accessToken })).status === 401 &&
    (await grpc.call('UserService.GetUser', { id: 'me' }, { token: body.accessToken }))?.code === 'UNAUTHENTICATED';
  await until('the session has ended everywhere', isHeard);
  return body.accessToken;
}
const createAnew = { method: 'UserService.CreateUser', token: asAdministrator };
const lockUsers = 'lock table users in access exclusive mode';

/** What any method may raise, that a service can: each by the one method that comes to it most easily. */
const ofPlatform: Readonly<Record<string, Provocation & { readonly method: string }>> = {
  REQUEST_UNREADABLE: {
    method: 'AuthService.Login',
    request: () => ({}),
    options: { raw: { bytes: Buffer.from([10, 200]), body: '{"email":' } },
    hasOwnViolations: true,
  },
  VALIDATION_FAILED: { ...createAnew, request: () => ({ email: 'no email', requestId: 'no uuid' }) },
  TOKEN_MISSING: { ...readAda, token: undefined },
  TOKEN_INVALID: { ...readAda, token: () => 'rubbish' },
  TOKEN_EXPIRED: { ...readAda, token: () => scene.issuer.access(scene.ada.id, 1_000) },
  TOKEN_REVOKED: { ...readAda, token: toEndedToken },
  PERMISSION_DENIED: { method: 'UserService.ListUsers', request: () => ({}), token: asAda },
  STEP_UP_REQUIRED: { method: 'FactorService.EnrollTotp', request: () => ({}), token: () => scene.issuer.access(scene.ada.id) },
  DEADLINE_EXCEEDED: { ...readAda, options: { deadlineMs: 300 }, while: (calls) => whileHolding(scene.gatehouse.databases.user, lockUsers, calls) },
  UNAVAILABLE: { ...readAda, while: (calls) => scene.gatehouse.withoutPostgres(calls) },
  OVERLOADED: { ...readAda, while: whileFull },
  CONFLICT: { ...readAda, while: (calls) => withSetting('lock_timeout', '50', () => whileHolding(scene.gatehouse.databases.user, lockUsers, calls)) },
  REQUEST_IN_PROGRESS: { ...createAnew, request: () => ({ email: 'twice@example.com', requestId: nobodysId }), while: whileFirstIsAnswered },
  REQUEST_ID_REUSED: { ...createAnew, request: () => ({ email: 'second@example.com', requestId: scene.usedRequestId }) },
  INTERNAL: {
    ...readAda,
    while: (calls) =>
      whileChanged(
        scene.gatehouse.databases.user,
        'alter table users rename column revision to version',
        'alter table users rename column version to revision',
        calls,
      ),
  },
};

/** What only the edge can raise: gRPC says the like of the first two in its own words, and has no word for the others. */
const ofEdge = [
  'METHOD_UNKNOWN',
  'REQUEST_TOO_LARGE',
  'MEDIA_TYPE_UNSUPPORTED',
  'HTTP_METHOD_UNSUPPORTED',
  'URL_TOO_LONG',
  'HEADERS_TOO_LARGE',
  'REQUEST_TOO_SLOW',
  'RATE_LIMITED',
  'TOO_MANY_CONNECTIONS',
] as const;

/** Raised over mutual TLS alone, and never told by HTTP: mutual-tls.test.ts provokes it. */
const ofPeers = 'PEER_NOT_ADMITTED';

/** What a row of an import fails with, where the call goes on: by method and reason, its password hash. */
const ofRows: Readonly<Record<string, string>> = {
  'AccountService.ImportAccounts PASSWORD_HASH_UNSUPPORTED': 'plain text',
  'AccountService.ImportAccounts PASSWORD_HASH_TOO_COSTLY': '$2b$31$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe',
};

/** Nobody is left to read it: it is what the access lines tell of the call. */
const ofCallersGone = 'CANCELLED';

const registry = createRegistryOf(contracts);
const platform: readonly ErrorDeclaration[] = Object.values(platformErrors);
const declared = new Map<string, ErrorDeclaration>(
  methods.flatMap((method) => (method.errors ?? []).map((error) => [`${nameOf(method)} ${error.reason}`, error] as const)),
);
const declaredOfPlatform = (reason: string) => platform.find((error) => error.reason === reason)!;

it('every declared reason is provoked here, and no other', () => {
  expect([...Object.keys(ofMethods), ...Object.keys(ofRows)].sort()).toEqual([...declared.keys()].sort());
  expect([...Object.keys(ofPlatform), ...ofEdge, ofPeers, ofCallersGone].sort()).toEqual(platform.map(({ reason }) => reason).sort());
  const named = [...readErrors(registry).all.keys()].filter(({ domain }) => domain !== 'gatehouse').map(({ domain, reason }) => `${domain} ${reason}`);
  expect([...new Set([...declared.values()].map(({ domain, reason }) => `${domain} ${reason}`))].sort()).toEqual(named.sort());
});

it('every method with a route is called by it too', async () => {
  const { body } = await send(scene.gatehouse.url, 'GET', '/openapi.json');
  const operations = Object.values<Record<string, { operationId: string }>>(body.paths).flatMap((item) =>
    Object.values(item).map(({ operationId }) => operationId?.replace('_', '.')),
  );
  // those of a service that is generated, its own tests call
  const known = new Set(methods.map(({ descriptor }) => descriptor.parent.name));
  expect([...routed].sort()).toEqual(operations.filter((name) => known.has(name?.split('.')[0] ?? '')).sort());
});

/** What the contract says a caller sees. */
const toExpected = ({ code, reason, domain, message, metadata, httpStatus }: ErrorDeclaration) => ({
  code,
  reason,
  domain,
  // what stands in the place of {name} is the metadata's
  message: expect.stringMatching(new RegExp(`^${message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\\\{\w+\\\}/g, '.+')}$`)),
  metadata: [...metadata].sort(),
  status: toHttpStatus({ code, httpStatus }),
});

async function expectDeclared(answer: Answer, declaration: ErrorDeclaration): Promise<void> {
  expect(toSeen(answer)).toMatchObject(toExpected(declaration));
  expect(answer.type).toBe('application/problem+json');
  expect(answer.body).toMatchObject({ title: declaration.title, status: answer.status, type: `/docs/errors/${declaration.domain}/${declaration.reason}` });
  const page = await fetch(scene.gatehouse.url + answer.body.type);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining(declaration.reason)]);
}

async function expectBothWays(method: string, provocation: Provocation, declaration: ErrorDeclaration): Promise<void> {
  const options = { ...provocation.options, token: await provocation.token?.() };
  let byGrpc: Awaited<ReturnType<typeof grpc.call>>;
  let byHttp: Answer | undefined;
  await (provocation.while ?? ((calls) => calls()))(async () => {
    byGrpc = await grpc.call(method, provocation.request(), options);
    if (routed.includes(method)) byHttp = await callByHttp(scene.gatehouse.url, method, provocation.request(), options);
  });
  expect(byGrpc).toMatchObject(toExpected(declaration));
  if (!byHttp) return;
  if (provocation.isOAuth) {
    expect([byHttp.status, byHttp.body]).toEqual([byGrpc!.status, { error: declaration.reason.toLowerCase(), error_description: byGrpc!.message }]);
    return;
  }
  const { violations: _, ...rest } = byGrpc!;
  expect(toSeen(byHttp)).toMatchObject(provocation.hasOwnViolations ? rest : byGrpc!);
  await expectDeclared(byHttp, declaration);
}

describe('by gRPC and by HTTP alike', () => {
  it.each(Object.keys(ofMethods))('%s', (pair) => expectBothWays(pair.split(' ')[0]!, ofMethods[pair]!, declared.get(pair)!));
  it.each(Object.keys(ofPlatform))('%s', (reason) => expectBothWays(ofPlatform[reason]!.method, ofPlatform[reason]!, declaredOfPlatform(reason)));
});

it.each(Object.entries(ofRows))('%s, by a row', async (pair, passwordHash) => {
  const { reason, message } = declared.get(pair)!;
  const requests = [{ options: { importId: randomUUID() } }, { rows: [{ number: '1', user: { email: 'row@example.com' }, passwordHash }] }];
  const response = await fetch(`${scene.gatehouse.url}/v1/accounts:import`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${await asImporter()}` },
    body: requests.map((request) => `${JSON.stringify(request)}\n`).join(''),
  });
  const lines = (await response.text()).trimEnd().split('\n');
  const [result] = lines.flatMap((line) => JSON.parse(line).result?.results ?? JSON.parse(line).results ?? []);
  expect(result).toMatchObject({ number: '1', outcome: 'IMPORT_OUTCOME_FAILED', reason, message, violations: [{ field: 'passwordHash' }] });
  expect(lines.join()).not.toContain(passwordHash);
});

describe('by HTTP alone', () => {
  it.each(ofEdge)('%s', async (reason) => {
    await expectDeclared(await provokeAtEdge(reason, scene), declaredOfPlatform(reason));
  });
});

it('a caller that goes away is CANCELLED to both', async () => {
  const { gatehouse } = scene;
  const { user, gateway } = gatehouse.processes;
  const before = { user: user.lines.length, gateway: gateway.lines.length };
  const cancelled = (service: 'user' | 'gateway') => gatehouse.processes[service].lines.slice(before[service]).filter(({ reason }) => reason === ofCallersGone);
  await whileHolding(gatehouse.databases.user, lockUsers, async () => {
    for (const [index, call] of [grpc.call, (...parameters: Parameters<typeof grpc.call>) => callByHttp(gatehouse.url, ...parameters)].entries()) {
      const gone = new AbortController();
      const calling = call(readAda.method, readAda.request(), { token: scene.administrator, signal: gone.signal }).catch(() => {});
      await untilBlocked(gatehouse.superuser.user, 'from users where id');
      gone.abort();
      await calling;
      await until('user tells of it', () => cancelled('user').length === index + 1);
    }
  });
  await until('the gateway tells of it', () => cancelled('gateway').length === 1);
  for (const line of cancelled('user'))
    expect(line).toMatchObject({ 'rpc.status_code': 'CANCELLED', 'rpc.method': 'gatehouse.user.v1.UserService/GetUser', severity_text: 'INFO' });
  expect(cancelled('gateway')).toEqual([
    expect.objectContaining({ 'http.response.status_code': toHttpStatus({ code: 'CANCELLED' }), 'http.route': '/v1/users/{id}', severity_text: 'INFO' }),
  ]);
});

/** Sends as many calls as `user` answers at a time, none of which comes to its end, until one more is refused. */
async function whileFull(calls: () => Promise<void>): Promise<void> {
  const { databases } = scene.gatehouse;
  const gone = new AbortController();
  const ask = () => grpc.call(readAda.method, readAda.request(), { token: scene.administrator, deadlineMs: 20_000, signal: gone.signal });
  await whileHolding(databases.user, lockUsers, async () => {
    const waiting = Array.from({ length: 200 }, ask);
    await until(
      'no more are let in',
      async () => (await grpc.call(readAda.method, readAda.request(), { token: scene.administrator, deadlineMs: 500 }))?.reason === 'OVERLOADED',
    );
    await calls();
    gone.abort();
    await Promise.all(waiting);
  });
}

/** Makes a call with the request id of the others, which is not answered before them. */
async function whileFirstIsAnswered(calls: () => Promise<void>): Promise<void> {
  const { databases, superuser } = scene.gatehouse;
  let first: Promise<unknown> | undefined;
  await whileHolding(databases.user, 'lock table users in share mode', async () => {
    first = grpc.call('UserService.CreateUser', { email: 'twice@example.com', requestId: nobodysId }, { token: scene.administrator, deadlineMs: 20_000 });
    await untilBlocked(superuser.user, 'insert into users');
    await calls();
  });
  expect(await first).toBeUndefined();
}

/** Sets what the connections of `user` begin with. */
async function withSetting(name: string, value: string, work: () => Promise<void>): Promise<void> {
  const { superuser } = scene.gatehouse;
  const begin = async (statement: string) => {
    await withClient(superuser.user, (client) => client.query(statement));
    await endConnections(superuser.user, 'gatehouse_user');
  };
  await begin(`alter role gatehouse_user set ${name} = '${value}'`);
  try {
    await work();
  } finally {
    await begin(`alter role gatehouse_user reset ${name}`);
  }
}
