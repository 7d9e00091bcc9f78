import { callersOf, calleesOf, readServices, toSettings, toTargets } from '#services';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let workspace: string;
beforeEach(() => (workspace = mkdtempSync(join(tmpdir(), 'services '))));
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

const edge = { packages: [], calls: ['gatehouse.verifier.v1'], ports: { http: 8080, admin: 9080 }, database: false };
const user = { packages: ['gatehouse.user.v1'], calls: ['gatehouse.verifier.v1'], ports: { grpc: 50051, admin: 9051 }, database: true };
const auth = { packages: ['gatehouse.auth.v1', 'gatehouse.verifier.v1'], calls: ['gatehouse.user.v1'], ports: { grpc: 50052, admin: 9052 }, database: true };

/** The services of a workspace whose projects say these things. */
function read(services: Record<string, unknown>, tags = (name: string) => ['type:service', `app:${name}`]) {
  for (const [name, service] of Object.entries(services)) {
    mkdirSync(join(workspace, 'apps', name), { recursive: true });
    writeFileSync(join(workspace, 'apps', name, 'project.json'), JSON.stringify({ name, tags: tags(name), metadata: { service } }));
  }
  return readServices(workspace);
}

describe('the services', () => {
  it('are the projects of apps that say so, the edge first, the others by their ports', () => {
    mkdirSync(join(workspace, 'apps/e2e'), { recursive: true });
    writeFileSync(join(workspace, 'apps/e2e/project.json'), '{ "name": "e2e", "tags": ["app:e2e"] }');
    mkdirSync(join(workspace, 'apps/empty'));
    expect(read({ auth, user, gateway: edge }).map(({ name }) => name)).toEqual(['gateway', 'user', 'auth']);
  });

  it('find each other by settings that are made of their names', () => {
    const services = read({ auth, user, gateway: edge });
    expect(toTargets(services, ({ name }) => `${name}:1`)).toEqual({
      GATEWAY_UPSTREAMS: 'gatehouse.user.v1=user:1,gatehouse.auth.v1=auth:1,gatehouse.verifier.v1=auth:1',
      USER_VERIFIER_TARGET: 'auth:1',
      AUTH_USER_TARGET: 'user:1',
    });
    const values = { target: () => 'a:1', databaseUrl: ({ name }: { name: string }) => `url of ${name}`, secretKey: () => 'key' };
    expect(toSettings(services, values)).toMatchObject({ USER_DATABASE_URL: 'url of user', AUTH_SECRET_KEY: 'key' });
    expect(Object.keys(toSettings(services, values))).not.toContain('GATEWAY_DATABASE_URL');
  });

  it('are called by the edge, and by who says so', () => {
    const services = read({ auth, user, gateway: edge });
    expect(callersOf('gatehouse.verifier.v1', services).map(({ name }) => name)).toEqual(['gateway', 'user']);
    expect(callersOf('gatehouse.auth.v1', services).map(({ name }) => name)).toEqual(['gateway']);
    expect(services.map((service) => calleesOf(service, services).map(({ name }) => name))).toEqual([['user', 'auth'], ['auth'], ['user']]);
  });
});

describe('a project.json that cannot be meant', () => {
  it.each<[string, Record<string, unknown>, string]>([
    [
      'a port that is none',
      { user: { ...user, ports: { grpc: 0, admin: 9051 } } },
      'apps/user/project.json: metadata.service.ports.grpc: must be a port from 1 to 65535',
    ],
    [
      'a package of another form',
      { user: { ...user, packages: ['user'] } },
      'apps/user/project.json: metadata.service.packages.0: must be a proto package such as gatehouse.user.v1',
    ],
    ['a key that means nothing', { user: { ...user, databse: true } }, 'apps/user/project.json: metadata.service: Unrecognized key: "databse"'],
    ['two with one port', { auth, user: { ...user, ports: { grpc: 50052, admin: 9051 } } }, 'port 50052 is that of auth already'],
    ['two with one package', { auth, user: { ...user, packages: ['gatehouse.auth.v1'] } }, 'package gatehouse.auth.v1 is that of'],
    ['a call that nobody answers', { user }, 'apps/user/project.json: metadata.service.calls: no service serves gatehouse.verifier.v1'],
  ])('%s is told with its file', (_, services, told) => {
    expect(() => read(services)).toThrow(told);
  });

  it('is told of a missing tag, and of all that is wrong at once', () => {
    expect(() => read({ auth: { ...auth, database: 'yes' }, user: { ...user, calls: [] } }, () => ['type:service'])).toThrow(
      /apps\/auth\/project\.json: metadata\.service\.database: .*\napps\/user\/project\.json: tags: must have app:user/s,
    );
  });
});
