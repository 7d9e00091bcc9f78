import type { Tree } from '@nx/devkit';
import { type Alias, type Document, isScalar, type Pair, parseDocument, Scalar, visit, YAMLMap, type YAMLSeq } from 'yaml';
import { rename, renumber } from './derived-files.mts';
import { edit } from './edit.mts';
import type { Names } from './names.mts';
import type { Wishes } from './wishes.mts';

const file = 'docker/compose.yaml';

/** Adds the service to the installation of docker/compose.yaml, in the form of those that are there, comments and all. */
export function joinCompose(tree: Tree, wishes: Wishes): void {
  const { names, ports } = wishes;
  const document = parseDocument(tree.read(file, 'utf8')!);
  const services = document.get('services') as YAMLMap;
  const renameUser = (text: string) => renumber(rename(text, names), wishes);
  insertAfter(document.contents as YAMLMap, 'x-auth-settings', copy(pairOf(document.contents as YAMLMap, 'x-user-settings'), renameUser));
  // not that of user, which has what all migrations wait for
  insertAfter(
    services,
    'auth-migrate',
    copy(pairOf(services, 'auth-migrate'), (text) => renameAuth(text, names)),
  );
  insertAfter(services, 'auth-bootstrap', copy(pairOf(services, 'user'), renameUser));
  (document.getIn(['services', 'certificates', 'command']) as YAMLSeq).items.push(new Scalar('--name'), new Scalar(names.service));
  (document.getIn(['services', 'secrets', 'command']) as YAMLSeq).items.push(new Scalar('--service'), new Scalar(names.service));
  addTo(document, ['services', 'gateway', 'environment', 'GATEWAY_UPSTREAMS'], `,gatehouse.${names.service}.v1=dns:///${names.service}:${ports.grpc}`);
  // prettier takes the spaces out that the library writes within brackets
  tree.write(file, document.toString({ lineWidth: 0 }));
  joinDatabases(tree, names);
}

const renameAuth = (text: string, { service, SERVICE }: Names) => text.replaceAll('auth', service).replaceAll('AUTH', SERVICE);

function pairOf(map: YAMLMap, key: string): Pair {
  const found = map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
  if (!found) throw new Error(`${file} has no ${key} any more: tell tools/nx/generators/service/compose.mts where it went`);
  return found;
}

const insertAfter = (map: YAMLMap, key: string, pair: Pair) => map.items.splice(map.items.indexOf(pairOf(map, key)) + 1, 0, pair as (typeof map.items)[number]);

/** A part of a document with other names in it: texts, anchors, and what refers to them. */
function copy(pair: Pair, toName: (text: string) => string): Pair {
  const copied = pair.clone();
  const around = new YAMLMap();
  around.items.push(copied as (typeof around.items)[number]);
  visit(around, {
    Scalar(_, node) {
      if (typeof node.value === 'string') node.value = toName(node.value);
    },
    Alias: (_, node: Alias) => void (node.source = toName(node.source)),
    Collection: (_, node) => void (node.anchor &&= toName(node.anchor)),
  });
  return copied;
}

function addTo(document: Document, path: readonly string[], more: string): void {
  const value = document.getIn(path);
  if (typeof value !== 'string') throw new Error(`${file} has no ${path.join('.')} any more: tell tools/nx/generators/service/compose.mts where it went`);
  document.setIn(path, value + more);
}

/** What PostgreSQL is told when its folder is empty. */
function joinDatabases(tree: Tree, names: Names): void {
  for (const line of [/^\\set auth_password .*\n/m, /^CREATE ROLE gatehouse_auth .*\n/m, /^CREATE DATABASE gatehouse_auth .*\n/m])
    repeatLine(tree, 'docker/compose/create-databases.sql', line, names);
  edit(tree, 'docker/compose/create-databases.sql', ' FROM PUBLIC', `, gatehouse_${names.service} FROM PUBLIC`);
  repeatLine(tree, 'docker/compose/pg_hba.conf', /^hostssl gatehouse_auth .*\n/m, names);
}

function repeatLine(tree: Tree, path: string, line: RegExp, names: Names): void {
  const [found = ''] = line.exec(tree.read(path, 'utf8')!) ?? [];
  edit(tree, path, line, `$&${renameAuth(found, names).replaceAll('$', '$$$$')}`);
}
