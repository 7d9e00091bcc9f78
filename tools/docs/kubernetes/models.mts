// Kubernetes' own types and validators, and those of the operators that the large overlay asks for.
const packages: Readonly<Record<string, string>> = {
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator/monitoring.coreos.com',
  'external-secrets.io': '@kubernetes-models/external-secrets/external-secrets.io',
  'cert-manager.io': '@kubernetes-models/cert-manager/cert-manager.io',
};

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** The module that has a manifest's kind, `kubernetes-models/apps/v1/Deployment`. */
export function moduleOf({ apiVersion, kind }: Manifest): string {
  const group = apiVersion.split('/')[0]!;
  return group in packages ? `${packages[group]}/${apiVersion.slice(group.length + 1)}/${kind}` : `kubernetes-models/${apiVersion}/${kind}`;
}

/** A manifest's name for people. */
export const nameOf = ({ kind, metadata }: Manifest) => `${kind} ${metadata?.name}`;
