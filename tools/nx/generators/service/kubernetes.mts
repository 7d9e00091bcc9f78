import type { Tree } from '@nx/devkit';
import { rename, renumber } from './derived-files.mts';
import { edit } from './edit.mts';
import type { Wishes } from './wishes.mts';

const root = 'docker/kubernetes';
// the manifests of apps/user that the new service has likewise, by the files that have those of all services
const repeated: Readonly<Record<string, readonly string[]>> = {
  'base/migrations.yaml': ['user-migrate'],
  'base/network-policies.yaml': ['user', 'user-database'],
  'components/autoscaling/autoscalers.yaml': ['user'],
  'components/cert-manager/certificates.yaml': ['user'],
  'components/external-secrets/external-secrets.yaml': ['user-secrets-1'],
  'overlays/large/databases.yaml': ['user-database'],
  'overlays/large/deployments.yaml': ['user'],
};
const separator = /^---\n/m;

/** Adds the service to the installations of docker/kubernetes, in the form of apps/user. */
export function joinKubernetes(tree: Tree, wishes: Wishes): void {
  const { names, ports, services } = wishes;
  const { service } = names;
  const toNew = (text: string) => renumber(rename(text, names), wishes);
  tree.write(`${root}/base/${service}.yaml`, toNew(tree.read(`${root}/base/user.yaml`, 'utf8')!));
  for (const [file, manifests] of Object.entries(repeated)) {
    const text = tree.read(`${root}/${file}`, 'utf8')!;
    const parts = text.split(separator);
    const copies = manifests.map((name) => {
      const found = parts.find((part) => new RegExp(`^metadata:\\n  name: ${name}$`, 'm').test(part));
      if (!found) throw new Error(`${root}/${file} has no ${name} any more: tell tools/nx/generators/service/kubernetes.mts where it went`);
      // what stands before its first key is about all that follow
      return toNew(found.replace(/^(#.*\n)+/, ''));
    });
    tree.write(`${root}/${file}`, [text, ...copies].join('---\n'));
  }
  edit(tree, `${root}/base/kustomization.yaml`, ', gateway.yaml]', `, ${service}.yaml, gateway.yaml]`);
  edit(tree, `${root}/base/gateway.yaml`, /(value: gatehouse\.\S+)/, `$1,gatehouse.${service}.v1=dns:///${service}:${ports.grpc}`);
  joinPolicies(tree, wishes);
  edit(tree, `${root}/components/monitoring/service-monitor.yaml`, /values: \[([^\]]*)\]/, `values: [$1, ${service}]`);
  for (const overlay of ['small', 'large']) {
    const file = `${root}/overlays/${overlay}/kustomization.yaml`;
    const [image = ''] = / *- \{ name: gatehouse\/user.*\n/.exec(tree.read(file, 'utf8')!) ?? [];
    edit(tree, file, /( *- \{ name: gatehouse\/gateway)/, `${rename(image, names)}$1`);
  }
  // an address of its own, as an example
  const keepers = services.filter(({ hasDatabase }) => hasDatabase).length;
  edit(tree, `${root}/overlays/large/databases.yaml`, new RegExp(`(name: ${service}-database(?:.*\\n)*?.*cidr: 10\\.20\\.0\\.)10/`), `$1${10 + keepers}/`);
}

/** Who calls it is the gateway alone, and it asks `auth` for the keys of tokens. */
function joinPolicies(tree: Tree, { names: { service }, ports }: Wishes): void {
  const file = `${root}/base/network-policies.yaml`;
  const from = (name: string) => `        - podSelector: { matchLabels: { app.kubernetes.io/name: ${name} } }\n`;
  const policyOf = (name: string) => `\\n  name: ${name}\\nspec:\\n(?:.*\\n)*?`;
  edit(tree, file, new RegExp(`(${policyOf(service)}${toPattern(from('gateway'))})${toPattern(from('auth'))}`), '$1');
  edit(tree, file, new RegExp(`(${policyOf('auth')}(?:${toPattern('        - podSelector')}.*\\n)+)`), `$1${from(service)}`);
  edit(
    tree,
    file,
    new RegExp(`(${policyOf('gateway')}  egress:\\n(?:    .*\\n)+)`),
    `$1    - to: [{ podSelector: { matchLabels: { app.kubernetes.io/name: ${service} } } }]\n      ports: [{ port: ${ports.grpc} }]\n`,
  );
}

const toPattern = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
