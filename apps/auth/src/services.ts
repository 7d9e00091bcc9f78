import { createRevocations, createTokenVerifier } from '@gatehouse/access';
import {
  AccountServiceDefinition,
  AuthServiceDefinition,
  EmailServiceDefinition,
  FactorServiceDefinition,
  InvitationServiceDefinition,
  KeyServiceDefinition,
  PasswordServiceDefinition,
  PersonServiceDefinition,
  RecoveryServiceDefinition,
  SessionServiceDefinition,
  TokenServiceDefinition,
} from '@gatehouse/contracts/auth';
import { VerifierServiceDefinition } from '@gatehouse/contracts/verifier';
import { createIdempotency } from '@gatehouse/idempotency';
import { createRevocationsObserver } from '@gatehouse/lifecycle';
import type { Observability } from '@gatehouse/observability';
import { bindService } from '@gatehouse/rpc';
import { createAccountService } from './accounts/import-accounts';
import { createAccessTokens } from './tokens/access-tokens';
import { openAttempts } from './attempts/open-attempts';
import { createAuthService } from './auth-service';
import { createBegunEmailChanges } from './codes/begun-email-changes';
import { createCodeParts } from './codes/code-parts';
import { createEmailChange } from './codes/email-change';
import { createInvitationService } from './codes/invitations';
import { createCodeLimits } from './codes/limits';
import { createRecoveryService } from './codes/recovery';
import { createVerification } from './codes/verification';
import type { Overrides } from './app';
import type { Config } from './config';
import { createEntrance } from './factors/entrance';
import { createFactorKeyRing } from './factors/factor-codes';
import { createFactors } from './factors/factors';
import { createRequireFreshFactor } from './factors/fresh-factor';
import { createFinishSignUp } from './finish-sign-up';
import { createLogin } from './login';
import { createMailSender } from './mail/mail-sender';
import { createSmtpTransport } from './mail/smtp-transport';
import type { createParts } from './parts';
import { createPersonService } from './privacy/person-service';
import { createPasswordChanges, type PasswordChangesOptions } from './passwords/password-changes';
import { createPasswordService } from './passwords/password-service';
import { endCodesOf } from './postgres/code-repository';
import { createRevocationLog } from './revocations/revocation-log';
import { noteKeyWithdrawn } from './postgres/revocation-repository';
import { deriveKey } from './seal';
import { createDevices } from './sessions/devices';
import { createSessionService } from './sessions/session-service';
import { createSessions } from './sessions/sessions';
import { createSightings } from './sessions/sightings';
import { createSignUp } from './sign-up';
import { createSweeper } from './sweeper';
import { createKeyRotation } from './tokens/key-rotation';
import { createKeyService } from './tokens/key-service';
import { createTokenService } from './tokens/token-service';
import { createVerifierService } from './verifier-service';

export interface ServicesOptions {
  config: Config;
  observability: Observability;
  parts: ReturnType<typeof createParts>;
  overrides: Overrides;
  /** Whether there is a database to work with. */
  isActive: () => boolean;
}

/** All that the service serves, and what goes on beside it; each is made of what stands above it. */
export function createServices({ config, observability, parts, overrides, isActive }: ServicesOptions) {
  const { logger } = observability;
  const { secrets, database, signingKeys, people, passwords, passwordPolicy: policy, security, mailQueue, links, notices } = parts;

  const realm = { issuer: config.GATEHOUSE_ISSUER, audience: config.GATEHOUSE_AUDIENCE };
  const log = createRevocationLog({
    database,
    logDatabase: parts.logDatabase,
    accessTokenSeconds: config.AUTH_ACCESS_TOKEN_SECONDS,
    onLag: parts.revocationLag,
    onError: (error) => logger.warn('the log of revocations could not be read', { exception: error }),
  });
  const revocations = createRevocations({
    watch: log.watch,
    failMode: config.GATEHOUSE_REVOCATIONS_FAIL,
    graceMs: config.GATEHOUSE_REVOCATIONS_GRACE_SECONDS * 1_000,
    observer: createRevocationsObserver(observability),
  });
  const accessTokens = createAccessTokens({
    ...realm,
    lifetimeSeconds: config.AUTH_ACCESS_TOKEN_SECONDS,
    jitterSeconds: config.AUTH_ACCESS_TOKEN_JITTER_SECONDS,
    signingKey: signingKeys.signingKey,
    firstSecond: revocations.firstSecond,
  });
  const lifetimes = { refreshToken: config.AUTH_REFRESH_TOKEN_SECONDS, session: config.AUTH_SESSION_SECONDS, replay: config.AUTH_REFRESH_REPLAY_SECONDS };
  const sightings = createSightings({
    people,
    everyMs: overrides.tellSightingsEveryMs,
    onError: (error) => logger.warn('last seen times are lost', { exception: error }),
  });
  const devices = createDevices(secrets);
  const tellNewDevice = config.AUTH_NEW_DEVICE_MAIL === 'on' ? notices.tellNewDevice : async () => {};
  const sessions = createSessions({ database, people, accessTokens, sightings, security, devices, tellNewDevice, lifetimes });
  const idempotency = createIdempotency({ secret: deriveKey(config.AUTH_SECRET_KEY, 'gatehouse idempotency').export() });
  const openedAttempts = openAttempts({ config, observability, database, security, now: overrides.attemptsNow });
  const { attempts } = openedAttempts;
  const entrance = createEntrance({ sessions, lifetimeSeconds: config.AUTH_LOGIN_TOKEN_SECONDS });
  const onChanged: PasswordChangesOptions['onChanged'] = async (tx, id, owner) => {
    // what was mailed before would let in who knew the old one
    await endCodesOf(tx, id);
    await notices.tell(tx, 'password_changed', { ...owner, id });
  };
  const passwordChanges = createPasswordChanges({ database, people, passwords, policy, security, attempts, history: config.AUTH_PASSWORD_HISTORY, onChanged });

  const { codes, codeMailer, preparePassword } = createCodeParts(config, parts, passwordChanges, {
    isActive,
    onError: (error) => logger.warn('a code could not be mailed', { exception: error }),
  });
  const verification = config.AUTH_SIGNUP_VERIFICATION;
  const limits = createCodeLimits(attempts);
  const login = createLogin({ database, people, passwords, entrance, devices, attempts, codes, isVerificationRequired: verification === 'required' });
  const finishSignUp = createFinishSignUp({ database, people, sessions });
  const emailKey = deriveKey(config.AUTH_SECRET_KEY, 'gatehouse email');
  const signUp = createSignUp({ database, passwords, policy, idempotency, login, finishSignUp, attempts, codes, verification, emailKey });
  const requireFreshFactor = createRequireFreshFactor({ database, now: overrides.now ?? Date.now });
  const emailChanges = createBegunEmailChanges({
    ...{ database, people, links, mailQueue, security, secrets },
    abandonedAfterMs: overrides.abandonedAfterMs,
  });
  const emailService = {
    ...createVerification({ database, people, passwords, finishSignUp, codes, limits }),
    ...createEmailChange({ database, people, passwordChanges, requireFreshFactor, codes, begun: emailChanges, limits, security }),
  };
  const recoveryService = createRecoveryService({ database, people, preparePassword, codes, limits, devices, security });
  const idKey = deriveKey(config.AUTH_SECRET_KEY, 'gatehouse invitation id');
  const invitationService = createInvitationService({ database, people, sessions, preparePassword, codes, limits, idKey });

  const factors = createFactors({
    ...{ database, people, passwords, sessions, accessTokens, security, notices },
    attempts,
    requireFreshFactor,
    keyRing: createFactorKeyRing(secrets),
    issuer: config.AUTH_TOTP_ISSUER,
    now: overrides.now,
  });

  const ofOurs = { ...realm, keys: signingKeys, service: 'auth' };
  const verifier = createTokenVerifier({ ...ofOurs, revocations });

  const keyRotation = createKeyRotation({
    database,
    signingKeys,
    security,
    rotationDays: config.AUTH_SIGNING_KEY_ROTATION_DAYS,
    tokenSeconds: config.AUTH_ACCESS_TOKEN_SECONDS,
    onWithdrawn: noteKeyWithdrawn,
  });
  const tokenService = createTokenService({
    database,
    sessions,
    verifier,
    staleVerifier: createTokenVerifier({ ...ofOurs, revocations: undefined }),
    issuer: realm.issuer,
  });

  const sweeper = createSweeper({
    database,
    people,
    idempotency,
    log,
    emailChanges,
    replaySeconds: lifetimes.replay,
    abandonedAfterMs: overrides.abandonedAfterMs,
    maxSampleAgeMs: overrides.maxSampleAgeMs,
    isActive,
    onError: (error) => logger.warn('sweep failed', { exception: error }),
  });
  const mailSender = createMailSender({
    database,
    queue: mailQueue,
    transport: createSmtpTransport(config),
    observer: parts.mailObserver,
    product: config.AUTH_MAIL_PRODUCT_NAME,
    concurrency: config.AUTH_MAIL_CONCURRENCY,
    timeoutMs: config.AUTH_SMTP_TIMEOUT_SECONDS * 1_000,
    firstRetryMs: overrides.firstMailRetryMs,
    isActive,
  });

  return {
    verifier,
    revocations,
    sweeper,
    codeMailer,
    keyRotation,
    /** Begins what goes on beside the calls. */
    start() {
      const toWarning = (text: string) => (error: unknown) => void logger.warn(text, { exception: error });
      sweeper.start();
      sightings.start();
      codeMailer.start();
      mailSender.start();
      openedAttempts.start();
      parts.follower.start();
      signingKeys.start({ isActive, onError: toWarning('the signing keys could not be read anew: those of before stay in use') });
      keyRotation.start({ isActive, onError: toWarning('signing keys could not be made or removed as is due') });
      revocations.start();
    },
    /** Resolves when what has been begun is done. */
    async close() {
      for (const each of [sweeper, codeMailer, sightings, mailSender, openedAttempts, parts.follower, keyRotation, signingKeys, revocations])
        await each.close();
    },
    services: [
      bindService(AuthServiceDefinition, createAuthService({ signUp, login, sessions }), config.AUTH_MTLS_PEERS),
      bindService(SessionServiceDefinition, createSessionService({ database, secret: config.AUTH_SECRET_KEY, security }), config.AUTH_MTLS_PEERS),
      bindService(
        PersonServiceDefinition,
        createPersonService({ database, users: parts.users, idempotency, secret: config.AUTH_SECRET_KEY, security }),
        config.AUTH_MTLS_PEERS,
      ),
      bindService(FactorServiceDefinition, factors, config.AUTH_MTLS_PEERS),
      bindService(KeyServiceDefinition, createKeyService(keyRotation), config.AUTH_MTLS_PEERS),
      bindService(TokenServiceDefinition, tokenService, config.AUTH_MTLS_PEERS),
      bindService(PasswordServiceDefinition, createPasswordService({ passwordChanges, requireFreshFactor }), config.AUTH_MTLS_PEERS),
      bindService(AccountServiceDefinition, createAccountService({ database, importUsers: parts.users.importUsers, security }), config.AUTH_MTLS_PEERS),
      bindService(EmailServiceDefinition, emailService, config.AUTH_MTLS_PEERS),
      bindService(RecoveryServiceDefinition, recoveryService, config.AUTH_MTLS_PEERS),
      bindService(InvitationServiceDefinition, invitationService, config.AUTH_MTLS_PEERS),
      bindService(VerifierServiceDefinition, createVerifierService(signingKeys, log), config.VERIFIER_MTLS_PEERS),
    ],
  };
}
