import type { UserServiceDefinition } from '@gatehouse/contracts/user';
import { createDatabase, type Database, type DatabaseOptions } from '@gatehouse/postgres';
import type { RpcService } from '@gatehouse/rpc';
import { createExportSnapshots } from './export-snapshots';
import { createExportUsers } from './export-users';
import { createImportSessions } from './import-session';
import { createImportUsers } from './import-users';

export interface BulkMethods {
  readonly methods: Pick<RpcService<UserServiceDefinition>, 'importUsers' | 'exportUsers'>;
  /** Lets go of every import and every snapshot. */
  close(): Promise<void>;
}

// as many as imports and exports may be held at a time: each takes one, and none waits
const poolSize = 8;

/** The methods of UserService that read or write everyone, and the connections on which they hold locks and snapshots. */
export function createBulkMethods(database: Database, options: Pick<DatabaseOptions, 'url' | 'certificates' | 'isPooled'>, secret: Uint8Array): BulkMethods {
  const holding = createDatabase({ ...options, applicationName: 'gatehouse-user-bulk', poolSize });
  const snapshots = createExportSnapshots(holding);
  return {
    methods: { ...createImportUsers(createImportSessions(database, holding)), ...createExportUsers(database, snapshots, secret) },
    async close() {
      await snapshots.close();
      await holding.close();
    },
  };
}
