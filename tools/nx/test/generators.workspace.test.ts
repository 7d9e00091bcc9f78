import { type ScratchClone, makeScratchClone } from '@gatehouse/scratch-clone';
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const workspace = resolve(__dirname, '../../..');
const lastReleased = (JSON.parse(readFileSync(join(workspace, 'docs/releases.json'), 'utf8')) as { commit: string }[]).at(-1)!.commit;

let clone: ScratchClone;
beforeAll(() => (clone = makeScratchClone('generators')));
afterAll(() => clone.remove());

interface Outcome {
  readonly code: number | null;
  /** Everything that it said, without what Nx says of itself. */
  readonly said: string;
}

/** Runs a tool of the workspace in the clone. */
function run(tool: string, ...args: readonly string[]): Promise<Outcome> {
  const env = {
    ...process.env,
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    // plugins in the process itself: a generator then takes a third of the time
    NX_ISOLATE_PLUGINS: 'false',
    NX_CACHE_DIRECTORY: join(clone.folder, '.nx/cache'),
    NX_WORKSPACE_ROOT_PATH: clone.folder,
  };
  const child = spawn(join(clone.folder, 'node_modules/.bin', tool), args, { cwd: clone.folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  return new Promise((resolve, reject) => child.once('error', reject).once('close', (code) => resolve({ code, said: said.replace(/\s+/g, ' ') })));
}
const generate = (line: string) => run('nx', 'g', ...line.split(' ').map((word, index) => (index ? word : `gatehouse:${word}`)));
const changes = () => execFileSync('git', ['status', '--porcelain', '-uall'], { cwd: clone.folder, encoding: 'utf8' });
const succeed = async (outcome: Promise<Outcome>) => {
  const { code, said } = await outcome;
  expect([code, code ? said : '']).toEqual([0, '']);
  return said;
};

describe('a generator refuses, says what to do, and writes nothing', () => {
  const refusals: readonly (readonly [string, string])[] = [
    ['rpc shop OpenShop', 'there is no service "shop" in proto/gatehouse: take one of auth, user, verifier'],
    ['rpc user archive_user', '"archive_user" is no name of a method: write it in PascalCase'],
    ['rpc user GetUser', 'proto/gatehouse/user/v1/user.proto has the method GetUser already: take another name'],
    ['rpc user ArchiveUser --path users/{id}', '"users/{id}" is no path of a route: write one as /v1/users/{id}'],
    ['rpc user FetchUser --http get --path /v1/users/{id}', 'UserService.GetUser has the route GET /v1/users/{id} already: say another with --path'],
    ['rpc user AddNote --path /v1/notes/{note_id}', '--path has {note_id}, and AddNoteRequest will have no such field: take {id}'],
    ['rpc user ListUser --streaming server', 'ListUser is a standard method, which answers once (AIP-130)'],
    ['rpc verifier RotateKeys', 'has no "as(token)" for VerifierService'],
    ['migration gateway create_pages', 'there is no service "gateway" with a database: take one of auth, user'],
    ['migration user 0004_createInvoices', 'is no name of a migration: write it as verb_noun'],
    ['migration user fold_emails_alike', '0002_fold_emails_alike.sql has this name already'],
    ['error-reason user email_taken', '"email_taken" is no name of a reason: write it in capitals'],
    ['error-reason user EMAIL_TAKEN', 'proto/gatehouse/user/v1/errors.proto has the reason EMAIL_TAKEN already'],
    ['error-reason user EMAIL_ODD', 'EMAIL_ODD does not say what kind of error it is: say its gRPC code'],
    ['error-reason user NOTE_NOT_FOUND --method FindNote', 'user has no method "FindNote": --method takes CreateUser'],
    ['error-reason verifier KEY_UNKNOWN', 'proto/gatehouse/verifier declares no reasons: add its errors.proto first'],
    ['lib Tokens', '"Tokens" is no name of a lib: write it in kebab-case'],
    ['lib token-utils', '"token-utils" names a drawer'],
    ['lib errors', 'libs/errors is there already: take another name'],
    ['lib launcher', 'the project of tools/launcher has the name "launcher" already'],
  ];

  it('what is ill-formed, unknown or taken', async () => {
    const left = [...refusals];
    const outcomes = new Map<string, Outcome>();
    const work = async () => {
      for (let next = left.shift(); next; next = left.shift()) outcomes.set(next[0], await generate(next[0]));
    };
    await Promise.all([work(), work()]);
    for (const [line, sentence] of refusals) expect({ line, ...outcomes.get(line) }).toEqual({ line, code: 1, said: expect.stringContaining(sentence) });
    expect(changes()).toBe('');
  });

  it('a tree with changes that are not committed', async () => {
    appendFileSync(join(clone.folder, 'README.md'), '\n');
    const outcomes = [await generate('lib page-tokens'), await generate('rpc user ArchiveUser')];
    for (const { code, said } of outcomes)
      expect([code, said]).toEqual([1, expect.stringContaining('changes that are not committed (README.md): commit or stash them, or say --allow-dirty')]);
    expect(changes()).toBe(' M README.md\n');
    clone.git('checkout', '-q', '.');
  });

  it('anything, where it was only asked what it would do', async () => {
    expect(await succeed(generate('rpc user ArchiveUser --dry-run'))).toContain('UPDATE proto/gatehouse/user/v1/user.proto');
    expect(await succeed(generate('lib page-tokens --dry-run'))).toContain('CREATE libs/page-tokens/project.json');
    expect(changes()).toBe('');
  });
});

describe('what generators make', () => {
  const read = (file: string) => readFileSync(join(clone.folder, file), 'utf8');

  it('comes with a word on what is left to do', async () => {
    expect(await succeed(generate('rpc user ArchiveUser'))).toContain('ArchiveUser answers with nothing yet, at POST /v1/users/{id}:archive.');
    for (const line of [
      'rpc user GetInvoice --allow-dirty',
      'rpc user WatchUsers --streaming server --allow-dirty',
      'rpc user UploadUsers --streaming client --allow-dirty',
      'rpc user SyncUsers --streaming bidi --allow-dirty',
      'rpc auth ForgetDevices --access authenticated --allow-dirty',
      'rpc verifier CheckToken --access public --allow-dirty',
    ])
      await succeed(generate(line));
    expect(await succeed(generate('migration user create_invoices --allow-dirty'))).toMatch(/\d{4}_create_invoices\.sql, and why in its first line/);
    expect(await succeed(generate('error-reason user USER_ARCHIVED --method ArchiveUser --method GetUser --allow-dirty'))).toContain(
      'Yours to write: a row for each method in apps/e2e/test/error-reasons.test.ts that provokes it',
    );
    expect(await succeed(generate('lib page-tokens --allow-dirty'))).toContain('A lib needs two who use it');
    expect(read('proto/gatehouse/user/v1/user.proto').match(/error_reasons\) = "USER_ARCHIVED";/g)).toHaveLength(2);
  });

  it('passes lint, boundaries, formatting and the checks of contract and migrations', async () => {
    await succeed(run('nx', 'run-many', '-t', 'generate'));
    const changed = changes()
      .split('\n')
      .map((line) => line.slice(3))
      .filter((file) => /\.(ts|mjs|cjs|json)$/.test(file));
    expect(changed).toEqual(
      expect.arrayContaining(['apps/auth/test/fake-user-service.ts', 'apps/user/test/archive-user.test.ts', 'libs/page-tokens/src/index.ts']),
    );
    await succeed(run('eslint', ...changed.filter((file) => !file.endsWith('.json'))));
    await succeed(run('prettier', '--check', ...changed));
    // which the migrations are compared with
    clone.git('fetch', '-q', '--depth=1', workspace, lastReleased);
    await succeed(run('nx', 'run', 'proto:lint'));
    await succeed(run('nx', 'run', 'release:migrations'));
  });

  it('compiles, with whatever else implements the service', async () => {
    for (const project of ['apps/user', 'apps/auth', 'apps/e2e', 'tools/bench', 'libs/page-tokens'])
      await succeed(run('node', 'node_modules/typescript-native/bin/tsc', '--noEmit', '-p', project));
  });

  it.each([
    ['user', 'archive-user', 'get-invoice', 'watch-users', 'upload-users', 'sync-users', 'migrations'],
    ['auth', 'forget-devices', 'check-token'],
  ])('passes its own tests in %s, on the database', async (app, ...files) => {
    expect(await succeed(run('jest', '-c', `apps/${app}/jest.config.cjs`, ...files))).toContain(`Test Suites: ${files.length} passed, ${files.length} total`);
  });

  it('passes its own tests as a lib', async () => {
    expect(await succeed(run('jest', '-c', 'libs/page-tokens/jest.config.cjs'))).toContain('Tests: 2 passed, 2 total');
  });
});
