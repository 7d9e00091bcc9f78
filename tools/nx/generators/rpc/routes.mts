import { type FileRegistry, getOption, hasOption } from '@bufbuild/protobuf';

/** What `google.api.http` says, as far as a route is told apart by it. */
interface HttpRule {
  readonly pattern: { readonly case?: string; readonly value?: unknown };
}

/** Two templates lead to the same place where they differ in the names of their variables alone. */
const toShape = (path: string): string => path.replace(/\{[^}]*\}/g, '{}');

/** @throws Error where a method of the contract has the route already */
export function requireFreeRoute(registry: FileRegistry, { verb, path }: { verb: string; path: string }): void {
  const http = registry.getExtension('google.api.http');
  if (!http) return;
  for (const method of [...registry.files].flatMap(({ services }) => services).flatMap(({ methods }) => methods)) {
    if (!hasOption(method, http)) continue;
    const { pattern } = getOption(method, http) as HttpRule;
    if (pattern.case === verb && toShape(String(pattern.value)) === toShape(path))
      throw new Error(`${method.parent.name}.${method.name} has the route ${verb.toUpperCase()} ${path} already: say another with --path, or --http none`);
  }
}
