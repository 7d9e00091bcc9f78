import { makeScratchClone, type ScratchClone } from '@gatehouse/scratch-clone';
import { readServices } from '#services';
import { readCompose } from '@gatehouse/compose-file';
import { flushChanges, FsTree } from 'nx/src/generators/tree';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addService } from '../generators/service/add-service.mts';
import { readWishes, type ServiceOptions } from '../generators/service/wishes.mts';

let clone: ScratchClone;
beforeAll(() => (clone = makeScratchClone('service refusals')));
afterAll(() => clone.remove());

const ask = (options: ServiceOptions) => readWishes(new FsTree(clone.folder, false), options);

it('a service gets the ports after those that there are, and a resource of its own name', () => {
  const { names, ports, services } = ask({ name: 'billing' });
  expect([names.Resource, names.collection]).toEqual(['Billing', 'billings']);
  expect(Object.values(ports).some((port) => services.some(({ ports: taken }) => Object.values(taken).includes(port)))).toBe(false);
  expect(ask({ name: 'billing', resource: 'invoice', port: 6000, adminPort: 6001 })).toMatchObject({
    ports: { grpc: 6000, admin: 6001 },
    names: { table: 'invoices' },
  });
});

it.each<[string, ServiceOptions, string]>([
  ['capitals', { name: 'Billing' }, '"Billing" cannot be a service: choose one word of 2 to 20 small letters, such as billing'],
  ['a dash', { name: 'line-items' }, '"line-items" cannot be a service: choose one word'],
  ['a digit', { name: 'e2e' }, '"e2e" cannot be a service: choose one word'],
  ['nothing', { name: '' }, '"" cannot be a service: choose one word'],
  ['a path', { name: '../billing' }, '"../billing" cannot be a service: choose one word'],
  ['a word of TypeScript', { name: 'class' }, 'class cannot be a service, the name means something else here: choose another word'],
  ['the folder of the authority', { name: 'ca' }, 'ca cannot be a service, the name means something else here: choose another word'],
  ['a service', { name: 'user' }, 'user is taken, by the project in apps/user'],
  ['the edge', { name: 'gateway' }, 'gateway is taken, by the project in apps/gateway'],
  ['a tool', { name: 'launcher' }, 'launcher is taken, by the project in tools/launcher: choose another name'],
  ['a lib', { name: 'errors' }, 'errors is taken, by the project in libs/errors: choose another name'],
  ['a contract', { name: 'api' }, 'api is taken, by proto/gatehouse/api, libs/contracts/api: choose another name'],
  ['the contract of keys', { name: 'verifier' }, 'verifier cannot be a service'],
  ['a part of the installation', { name: 'valkey' }, 'valkey is taken, by a service of docker/compose.yaml: choose another name'],
  [
    'an ill-formed resource',
    { name: 'billing', resource: 'LineItem' },
    '"LineItem" cannot be a resource: choose one to three words of small letters with dashes between',
  ],
  [
    'a resource that is a word of TypeScript',
    { name: 'billing', resource: 'new' },
    'new cannot be a resource, it is a word of TypeScript: choose another with --resource',
  ],
  ...['app', 'token', 'billing-service', 'date', 'argument', 'reference', 'idempotency-record'].map((resource): [string, ServiceOptions, string] => [
    `the resource ${resource}, which the code of a service or PostgreSQL has already,`,
    { name: 'billing', resource },
    `${resource} cannot be a resource, the name means something else in the code of a service: choose another with --resource`,
  ]),
  [
    'a resource with a route',
    { name: 'billing', resource: 'role' },
    '/v1/roles is a route of proto/gatehouse/user/v1/role.proto already: choose another resource than roles with --resource',
  ],
  ['a port that is taken', { name: 'billing', port: 50051 }, '--port 50051 is that of user already: choose another one'],
  ['the port of the look', { name: 'billing', adminPort: 8090 }, '--adminPort 8090 is that of something else here already: choose another one'],
  ['one port twice', { name: 'billing', port: 6000, adminPort: 6000 }, '--adminPort 6000 is that of its gRPC port already: choose another one'],
  ['a port that is none', { name: 'billing', port: 70000 }, '--port 70000 is no port: choose one from 1 to 65535'],
])('%s is refused, with what to do', (_, options, told) => {
  expect(() => ask(options)).toThrow(told);
});

it('the stage of its tests exports nothing that they leave unused', () => {
  const tree = new FsTree(clone.folder, false);
  addService(tree, readWishes(tree, { name: 'billing' }));
  expect(tree.read('apps/billing/test/billing-under-test.ts', 'utf8')).toMatch(/^const adminId = /m);
});

it('seven more services take their places one beside the other', () => {
  const names = ['billing', 'shop', 'stock', 'parcel', 'offer', 'ledger', 'claim'];
  const ports = names.map((name) => {
    const tree = new FsTree(clone.folder, false);
    const wishes = readWishes(tree, { name });
    addService(tree, wishes);
    flushChanges(clone.folder, tree.listChanges());
    clone.git('add', '-A');
    clone.git('commit', '-q', '-m', name);
    return wishes.ports;
  });
  expect(ports[1]).toEqual({ grpc: ports[0]!.grpc + 1, admin: ports[0]!.admin + 1 });
  expect(
    readServices(clone.folder)
      .map(({ name }) => name)
      .slice(-7),
  ).toEqual(names);
  const { services } = readCompose(clone.folder);
  for (const name of names) expect(services).toMatchObject({ [name]: { image: `gatehouse/${name}:dev` }, [`${name}-migrate`]: { command: ['migrate'] } });
  expect(services.gateway!.environment!.GATEWAY_UPSTREAMS).toMatch(/,gatehouse\.billing\.v1=dns:\/\/\/billing:\d+,gatehouse\.shop\.v1=dns:\/\/\/shop:\d+,/);
});

it('a tree with changes is refused with them, beside everything else that is wrong', () => {
  const stray = join(clone.folder, 'stray.txt');
  writeFileSync(stray, '');
  expect(() => ask({ name: 'Billing' })).toThrow(
    /^"Billing" cannot be .*\nthe tree holds what is not committed, .*: commit, stash or remove\n\?\? stray\.txt$/,
  );
  rmSync(stray);
});

it('a folder without git is refused with how to begin', () => {
  const git = join(clone.folder, '.git');
  rmSync(git, { recursive: true });
  expect(() => ask({ name: 'billing' })).toThrow(/is no git repository, .*: run "git init" and commit first$/);
});
