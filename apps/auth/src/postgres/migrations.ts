import type { MigrationSet } from '@gatehouse/postgres';
import createSigningKeys from './migrations/0001_create_signing_keys.sql';
import createCredentials from './migrations/0002_create_credentials.sql';
import createSessions from './migrations/0003_create_sessions.sql';
import foldEmailsAlike from './migrations/0005_fold_emails_alike.sql';
import lowerEmailDomains from './migrations/0006_lower_email_domains.sql';
import followUsers from './migrations/0007_follow_users.sql';
import indexRefreshTokenExpiry from './migrations/0004_index_refresh_token_expiry.sql';

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
  ],
};
