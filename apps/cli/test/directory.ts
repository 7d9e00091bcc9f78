import { tokenExpired, tokenInvalid } from '@gatehouse/contracts/api';
import {
  AccountServiceDefinition,
  AuthServiceDefinition,
  descriptorSet as authContract,
  ImportAccountsResponse,
  type ImportAccountsRow,
  FactorServiceDefinition,
} from '@gatehouse/contracts/auth';
import {
  descriptorSet as userContract,
  emailTaken,
  ExportUsersResponse,
  ImportOutcome,
  ImportUsersResponse,
  type User,
  UserServiceDefinition,
  type ImportOptions,
  type ImportRow,
} from '@gatehouse/contracts/user';
import type { AppError } from '@gatehouse/errors';
import { bindService, createChannel, createRpcServer } from '@gatehouse/rpc';
import { openAccess } from '@gatehouse/rpc/testing';
import { asksForWebSocket, createTranscoder } from '@gatehouse/transcoding';
import fastify from 'fastify';
import type { AddressInfo, Socket } from 'node:net';
import { bindLogins } from './logins';
import { bindPeople } from './people';

interface Import {
  lastNumber: bigint;
  created: bigint;
  updated: bigint;
  failed: bigint;
}

/** What a test may have the directory do. */
export interface Whims {
  /** After so many rows, once: ends with an error, lets no token in any more, or cuts every connection. */
  after?: { rows: number; error?: AppError; isExpired?: true; cut?: 'before the answer' | 'after the answer' };
  /** Refuses calls with these first, one each; undefined lets one pass. */
  refusals: (AppError | undefined)[];
  /** Of a frame, in bytes. */
  maxFrameBytes: number;
  /** Of access tokens, in seconds. */
  lifeSeconds: number;
  /** What a login takes beside the password, each once; undefined where the password is enough. */
  codes?: string[];
  /** Gives no tokens before the email is verified. */
  isUnverified?: true;
}

/** A directory of people that keeps the contract of imports and exports: a real gRPC server behind the real transcoder. */
export interface Directory {
  readonly url: string;
  readonly users: Map<string, User>;
  /** What is kept of people beside, by their ids. */
  readonly records: Map<string, readonly string[]>;
  /** Password hashes, by the emails of their people. */
  readonly passwords: Map<string, string>;
  /** Each row that was taken, as often as it was. */
  readonly taken: string[];
  readonly imports: Map<string, Import>;
  /** What was called: `ImportUsers`, `Login`. */
  readonly calls: string[];
  readonly whims: Whims;
  /** Cuts all connections. */
  cut(): void;
  close(): Promise<void>;
}

const outcome = (row: ImportRow, users: Map<string, User>) => {
  const email = row.user!.email;
  if (email.startsWith('taken')) return { outcome: ImportOutcome.IMPORT_OUTCOME_FAILED, reason: emailTaken().reason, message: emailTaken().message };
  const isThere = users.has(email);
  users.set(email, { ...row.user!, id: `id of ${email}` });
  return { outcome: isThere ? ImportOutcome.IMPORT_OUTCOME_UPDATED : ImportOutcome.IMPORT_OUTCOME_CREATED };
};

// they give tokens, and ask for none
const openServices: readonly string[] = [AuthServiceDefinition.fullName, FactorServiceDefinition.fullName];

export async function startDirectory(port = 0, whims: Partial<Whims> = {}): Promise<Directory> {
  const users = new Map<string, User>();
  const imports = new Map<string, Import>();
  const sockets = new Set<Socket>();
  const directory: Omit<Directory, 'url' | 'close'> = {
    users,
    records: new Map(),
    taken: [],
    passwords: new Map(),
    imports,
    calls: [],
    whims: { refusals: [], maxFrameBytes: 1_000_000, lifeSeconds: 900, ...whims },
    cut: () => sockets.forEach((socket) => socket.destroy()),
  };
  const tokens = new Set<string>();
  const { importUsers, exportUsers } = UserServiceDefinition.methods;
  const enter = (name: string) => {
    directory.calls.push(name);
    const refusal = directory.whims.refusals.shift();
    if (refusal) throw refusal;
  };

  /** Both methods that import, as far as the command looks. */
  async function* importRows(name: string, requests: AsyncIterable<{ options?: ImportOptions; rows: readonly (ImportRow | ImportAccountsRow)[] }>) {
    enter(name);
    let current: Import | undefined;
    const progress = () => ({ ...current!, unchanged: 0n, skipped: 0n });
    for await (const { options, rows } of requests) {
      if (options) {
        const { importId, dryRun } = options;
        current = (!dryRun && imports.get(importId)) || { lastNumber: 0n, created: 0n, updated: 0n, failed: 0n };
        if (!dryRun) imports.set(importId, current);
        yield ImportUsersResponse.fromPartial({ progress: progress() });
        continue;
      }
      const { after } = directory.whims;
      const isDue = after && directory.taken.length + rows.length >= after.rows;
      if (isDue) {
        directory.whims.after = undefined;
        if (after.error) throw after.error;
        if (after.isExpired) {
          tokens.clear();
          throw tokenExpired();
        }
        if (after.cut === 'before the answer') directory.cut();
      }
      const results = rows.map((row) => {
        directory.taken.push(row.user!.email);
        if ('passwordHash' in row && row.passwordHash) directory.passwords.set(row.user!.email, row.passwordHash);
        const result = outcome(row, users);
        if (result.reason) current!.failed++;
        else if (result.outcome === ImportOutcome.IMPORT_OUTCOME_CREATED) current!.created++;
        else current!.updated++;
        current!.lastNumber = row.number;
        return { number: row.number, ...result };
      });
      yield ImportUsersResponse.fromPartial({ results });
      if (isDue && after.cut === 'after the answer') directory.cut();
    }
    yield ImportUsersResponse.fromPartial({ progress: progress() });
  }

  const people = bindService(
    { ...UserServiceDefinition, methods: { importUsers, exportUsers } },
    {
      importUsers: (requests) => importRows('ImportUsers', requests),
      async *exportUsers({ cursor }) {
        enter('ExportUsers');
        const all = [...users.values()];
        for (let index = Number(cursor || 0); index < all.length; index += 2) {
          const { after } = directory.whims;
          if (after && index >= after.rows) {
            directory.whims.after = undefined;
            if (after.error) throw after.error;
            directory.cut();
            return;
          }
          yield ExportUsersResponse.fromPartial({ users: all.slice(index, index + 2), cursor: String(index + 2) });
        }
      },
    },
  );
  const accounts = bindService(AccountServiceDefinition, {
    async *importAccounts(requests) {
      for await (const response of importRows('ImportAccounts', requests)) yield ImportAccountsResponse.fromPartial(response);
    },
  });
  const server = createRpcServer({
    services: [people, accounts, ...bindLogins({ ...directory, tokens, enter }), ...bindPeople({ ...directory, enter })],
    descriptorSets: [userContract, authContract],
    access: openAccess,
  });
  const grpcPort = await server.listen('127.0.0.1', 0);
  server.setServing(true);
  const channel = createChannel({
    target: `127.0.0.1:${grpcPort}`,
    descriptorSets: [userContract, authContract],
    errorDomains: ['user.gatehouse', 'auth.gatehouse'],
  });
  const app = fastify({
    bodyLimit: directory.whims.maxFrameBytes,
    rewriteUrl: () => '/',
    forceCloseConnections: true,
    http: { shouldUpgradeCallback: asksForWebSocket },
  });
  app.server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  createTranscoder({
    descriptors: authContract,
    upstreams: new Map(['gatehouse.user.v1', 'gatehouse.auth.v1'].map((name) => [name, channel])),
    async authenticate({ service }, authorization) {
      if (!openServices.includes(service) && !tokens.has(authorization?.replace('Bearer ', '') ?? '')) throw tokenInvalid();
    },
  }).register(app);
  await app.listen({ port, host: '127.0.0.1' });
  return {
    ...directory,
    url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    async close() {
      directory.cut();
      await app.close();
      channel.close();
      await server.drain(500);
    },
  };
}
