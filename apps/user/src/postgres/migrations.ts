import type { MigrationSet } from '@gatehouse/postgres';
import createUsers from './migrations/0001_create_users.sql';
import foldEmailsAlike from './migrations/0002_fold_emails_alike.sql';
import lowerEmailDomains from './migrations/0003_lower_email_domains.sql';
import addProfilesAndRoles from './migrations/0004_add_profiles_and_roles.sql';
import createImports from './migrations/0005_create_imports.sql';
import indexPeople from './migrations/0006_index_people.sql';
import countNamesFinely from './migrations/0007_count_names_finely.sql';
import permitMoreToAdministrators from './migrations/0008_permit_more_to_administrators.sql';

export const userMigrations: MigrationSet = {
  name: 'user',
  migrations: [
    { name: '0001_create_users', sql: createUsers },
    { name: '0002_fold_emails_alike', sql: foldEmailsAlike },
    { name: '0003_lower_email_domains', sql: lowerEmailDomains },
    { name: '0004_add_profiles_and_roles', sql: addProfilesAndRoles },
    { name: '0005_create_imports', sql: createImports },
    { name: '0006_index_people', sql: indexPeople },
    { name: '0007_count_names_finely', sql: countNamesFinely },
    { name: '0008_permit_more_to_administrators', sql: permitMoreToAdministrators },
  ],
};
