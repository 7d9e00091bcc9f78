import type { MigrationSet } from '@gatehouse/postgres';
import createSigningKeys from './migrations/0001_create_signing_keys.sql';
import createCredentials from './migrations/0002_create_credentials.sql';
import createSessions from './migrations/0003_create_sessions.sql';
import indexRefreshTokenExpiry from './migrations/0004_index_refresh_token_expiry.sql';
import foldEmailsAlike from './migrations/0005_fold_emails_alike.sql';
import lowerEmailDomains from './migrations/0006_lower_email_domains.sql';
import followUsers from './migrations/0007_follow_users.sql';
import describeSessions from './migrations/0008_describe_sessions.sql';
import nameSessions from './migrations/0009_name_sessions.sql';
import indexOpenSessions from './migrations/0010_index_open_sessions.sql';
import createMails from './migrations/0011_create_mails.sql';
import createOneTimeCodes from './migrations/0012_create_one_time_codes.sql';
import rotateSigningKeys from './migrations/0013_rotate_signing_keys.sql';
import createPasswordHistory from './migrations/0014_create_password_history.sql';
import createAccountImports from './migrations/0015_create_account_imports.sql';
import createAttempts from './migrations/0016_create_attempts.sql';
import tellRevocations from './migrations/0017_tell_revocations.sql';
import createFactors from './migrations/0018_create_factors.sql';
import noteNothingOfSignUps from './migrations/0019_note_nothing_of_sign_ups.sql';
import guardEmailChanges from './migrations/0020_guard_email_changes.sql';
import tellAfterClocksWentBack from './migrations/0021_tell_after_clocks_went_back.sql';

export const authMigrations: MigrationSet = {
  name: 'auth',
  migrations: [
    { name: '0001_create_signing_keys', sql: createSigningKeys },
    { name: '0002_create_credentials', sql: createCredentials },
    { name: '0003_create_sessions', sql: createSessions },
    { name: '0004_index_refresh_token_expiry', sql: indexRefreshTokenExpiry },
    { name: '0005_fold_emails_alike', sql: foldEmailsAlike },
    { name: '0006_lower_email_domains', sql: lowerEmailDomains },
    { name: '0007_follow_users', sql: followUsers },
    { name: '0008_describe_sessions', sql: describeSessions },
    { name: '0009_name_sessions', sql: nameSessions },
    { name: '0010_index_open_sessions', sql: indexOpenSessions },
    { name: '0011_create_mails', sql: createMails },
    { name: '0012_create_one_time_codes', sql: createOneTimeCodes },
    { name: '0013_rotate_signing_keys', sql: rotateSigningKeys },
    { name: '0014_create_password_history', sql: createPasswordHistory },
    { name: '0015_create_account_imports', sql: createAccountImports },
    { name: '0016_create_attempts', sql: createAttempts },
    { name: '0017_tell_revocations', sql: tellRevocations },
    { name: '0018_create_factors', sql: createFactors },
    { name: '0019_note_nothing_of_sign_ups', sql: noteNothingOfSignUps },
    { name: '0020_guard_email_changes', sql: guardEmailChanges },
    { name: '0021_tell_after_clocks_went_back', sql: tellAfterClocksWentBack },
  ],
};
