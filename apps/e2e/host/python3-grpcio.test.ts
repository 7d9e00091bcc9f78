import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Gatehouse, startGatehouse } from '../test/support/gatehouse';
import { logIn } from '../test/support/http';

const workspace = resolve(__dirname, '../../..');
const nobody = '01900000-0000-7000-8000-000000000000';
const type = (name: string) => `type.googleapis.com/google.rpc.${name}`;
let gatehouse: Gatehouse;
let authorization: string;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-python-'));
  // the contracts and google.rpc in one: what any language makes its own types of
  execFileSync('buf', ['build', '-o', join(folder, 'contracts.binpb')], { cwd: workspace });
  gatehouse = await startGatehouse();
  authorization = `Bearer ${await logIn(gatehouse.url, gatehouse.administrator)}`;
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await gatehouse.close();
});

interface Call {
  readonly method: string;
  readonly request: object;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What Python's own gRPC and protobuf read of the end of a call to the user service. */
async function readEnd(call: Call): Promise<unknown> {
  // Debian's own interpreter: another one in the PATH does not see its packages
  const child = spawn('/usr/bin/python3', [join(__dirname, 'read_errors.py'), join(folder, 'contracts.binpb')], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify({ ...call, target: `127.0.0.1:${gatehouse.ports.userGrpc}` }));
  return JSON.parse(await text(child.stdout));
}

it('Python reads code, reason and violations of a request that breaks the rules', async () => {
  const end = await readEnd({
    method: 'gatehouse.user.v1.UserService/CreateUser',
    request: { email: 'no address', displayName: 'x'.repeat(201) },
    metadata: { authorization },
  });
  expect(end).toEqual({
    code: 'INVALID_ARGUMENT',
    message: 'the request breaks a rule of its contract',
    status: {
      code: 3,
      message: 'the request breaks a rule of its contract',
      details: [
        { '@type': type('ErrorInfo'), reason: 'VALIDATION_FAILED', domain: 'gatehouse' },
        {
          '@type': type('BadRequest'),
          fieldViolations: [
            { field: 'email', description: 'must be a valid email address', reason: 'string.email' },
            { field: 'displayName', description: 'must be at most 200 characters', reason: 'string.max_len' },
          ],
        },
      ],
    },
  });
});

it('Python reads reason, metadata and resource of what is not there, and its message in German', async () => {
  const info = { '@type': type('ErrorInfo'), reason: 'USER_NOT_FOUND', domain: 'user.gatehouse', metadata: { id: nobody } };
  const resource = { '@type': type('ResourceInfo'), resourceType: 'gatehouse.user.v1.User', resourceName: nobody };
  const localized = { '@type': type('LocalizedMessage'), locale: 'de', message: 'Diese Person gibt es nicht.' };
  const call = { method: 'gatehouse.user.v1.UserService/GetUser', request: { id: nobody } };
  const toEnd = (...details: object[]) => ({
    code: 'NOT_FOUND',
    message: 'there is no such user',
    status: { code: 5, message: 'there is no such user', details },
  });
  expect(await readEnd({ ...call, metadata: { authorization } })).toEqual(toEnd(info, resource));
  expect(await readEnd({ ...call, metadata: { authorization, 'accept-language': 'de-CH, en;q=0.5' } })).toEqual(toEnd(info, resource, localized));
});

it('Python reads an answer, and who has no token is told so', async () => {
  const call = { method: 'gatehouse.user.v1.UserService/GetUser', request: { id: 'me' } };
  expect(await readEnd({ ...call, metadata: { authorization } })).toMatchObject({ response: { email: gatehouse.administrator.email } });
  expect(await readEnd({ ...call, metadata: {} })).toMatchObject({
    code: 'UNAUTHENTICATED',
    status: { details: [{ '@type': type('ErrorInfo'), reason: 'TOKEN_MISSING', domain: 'gatehouse' }] },
  });
});
