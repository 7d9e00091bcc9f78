// Writes what the settings of a service say of the others when nobody else does: `neighbours.mts <out>`.
// Gives <out>/neighbours.ts: where each proto package is served in development, and who calls it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callersOf, isEdge, readServices, toSetting, toTargets } from './services.mts';

const [out] = process.argv.slice(2);
if (!out) throw new Error('usage: neighbours.mts <out>');
const services = readServices(process.cwd());
const upstreams = toTargets(services, ({ ports }) => `127.0.0.1:${ports.grpc}`)[toSetting(services.find(isEdge)!, 'UPSTREAMS')]!;
const callers = Object.fromEntries(
  services.flatMap(({ packages }) =>
    packages.map((name) => [
      name,
      callersOf(name, services)
        .map((service) => service.name)
        .join(','),
    ]),
  ),
);
mkdirSync(out, { recursive: true });
writeFileSync(
  join(out, 'neighbours.ts'),
  `/** gRPC targets of all packages, each with its default port: \`package=target\`. */
export const upstreams = ${JSON.stringify(upstreams)};
/** Names of the services that call a package. */
export const callers = ${JSON.stringify(callers, undefined, 2)} as const;
`,
);
