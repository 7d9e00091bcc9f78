// What services there are: each `apps/*/project.json` with the tag `type:service` says what code has to know of it, in `metadata.service`.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const port = z.int().min(1, 'must be a port from 1 to 65535').max(65_535, 'must be a port from 1 to 65535');
const protoPackage = z.string().regex(/^gatehouse\.[a-z]+\.v\d+$/, 'must be a proto package such as gatehouse.user.v1');

const metadata = z.strictObject({
  packages: z.array(protoPackage),
  calls: z.array(protoPackage),
  ports: z.union([z.strictObject({ grpc: port, admin: port }), z.strictObject({ http: port, admin: port })], 'must be { grpc, admin } or { http, admin }'),
  database: z.boolean(),
});

const project = z.object({
  name: z.string().regex(/^[a-z]+$/, 'must be a word of small letters'),
  tags: z.array(z.string()).default([]),
  metadata: z.object({ service: metadata }),
});

/** A service, as its project.json tells of it. */
export interface Service {
  /** Of its project, its process, its bundle and its image. */
  readonly name: string;
  /** Proto packages that it serves. */
  readonly packages: readonly string[];
  /** Proto packages whose code it has and calls. */
  readonly calls: readonly string[];
  /** On which it listens unless it is told otherwise. `http` is the edge's, `grpc` that of every other. */
  readonly ports: { readonly grpc?: number; readonly http?: number; readonly admin: number };
  /** It keeps something, and has the command `migrate`. */
  readonly hasDatabase: boolean;
}

/**
 * The services of a workspace: the edge first, the others in the order of their gRPC ports.
 * @param workspace its folder
 * @throws Error that names each project.json at fault and what is wrong there
 */
export function readServices(workspace: string): readonly Service[] {
  const files = readdirSync(join(workspace, 'apps'))
    .map((name) => `apps/${name}/project.json`)
    .filter((file) => existsSync(join(workspace, file)));
  const problems: string[] = [];
  const services = files.flatMap((file) => {
    const json: unknown = JSON.parse(readFileSync(join(workspace, file), 'utf8'));
    if (!isService(json)) return [];
    const { success, data, error } = project.safeParse(json);
    if (!success) {
      problems.push(...error.issues.map(({ path, message }) => `${file}: ${path.join('.')}: ${message}`));
      return [];
    }
    if (!data.tags.includes(`app:${data.name}`)) problems.push(`${file}: tags: must have app:${data.name}`);
    const { database, ...rest } = data.metadata.service;
    return [{ name: data.name, ...rest, hasDatabase: database }];
  });
  services.sort((one, other) => orderOf(one) - orderOf(other));
  problems.push(...findContradictions(services));
  if (problems.length) throw new Error(problems.join('\n'));
  return services;
}

const isService = (json: unknown) => Array.isArray((json as { tags?: unknown }).tags) && (json as { tags: unknown[] }).tags.includes('type:service');
const orderOf = ({ ports }: Service) => ports.grpc ?? 0;

/** What no two services may have, and calls that nobody answers. */
function findContradictions(services: readonly Service[]): string[] {
  const fileOf = ({ name }: Service) => `apps/${name}/project.json`;
  const doubles = (what: string, valuesOf: (service: Service) => readonly (string | number)[]) =>
    services.flatMap((service, index) =>
      valuesOf(service).flatMap((value) => {
        const other = services.slice(0, index).find((each) => valuesOf(each).includes(value));
        return other ? [`${fileOf(service)}: ${what} ${value} is that of ${other.name} already`] : [];
      }),
    );
  const served = services.flatMap(({ packages }) => packages);
  const unanswered = services.flatMap((service) =>
    service.calls.filter((name) => !served.includes(name)).map((name) => `${fileOf(service)}: metadata.service.calls: no service serves ${name}`),
  );
  return [...doubles('port', ({ ports }) => Object.values(ports)), ...doubles('package', ({ packages }) => packages), ...unanswered];
}

/** Whether it is the one that the outside calls. */
export const isEdge = ({ ports }: Service): boolean => ports.http !== undefined;

/** Its name for a setting of its own: `USER_GRPC_PORT`. */
export const toSetting = ({ name }: Pick<Service, 'name'>, suffix: string): string => `${name.toUpperCase()}_${suffix}`;

/** The settings of a service's port for calls and of its admin port. */
export const toPortSettings = (service: Service): readonly [string, string] => [
  toSetting(service, isEdge(service) ? 'HTTP_PORT' : 'GRPC_PORT'),
  toSetting(service, 'ADMIN_PORT'),
];

/** The name of a package within Gatehouse, which is also that of its contract: `user` of `gatehouse.user.v1`. */
export const toContractName = (packageName: string): string => packageName.split('.')[1]!;

/** Who calls a package: the edge, and whoever says so. */
export const callersOf = (packageName: string, services: readonly Service[]): readonly Service[] =>
  services.filter((service) => isEdge(service) || service.calls.includes(packageName));

/** Whom a service calls: the edge everybody, another whoever serves what it says that it calls. */
export const calleesOf = (service: Service, services: readonly Service[]): readonly Service[] =>
  services.filter(({ packages }) => packages.some((name) => isEdge(service) || service.calls.includes(name)));

/** What an installation has that the services are told of: each gives the value of one service. */
export interface Installation {
  /** gRPC target: `127.0.0.1:50051`. */
  target(service: Service): string;
  databaseUrl(service: Service): string;
  /** 32 bytes in base64. */
  secretKey(service: Service): string;
}

/** The settings by which the services find each other, of all of them together. */
export function toTargets(services: readonly Service[], target: Installation['target']): Record<string, string> {
  const serving = (packageName: string) => target(services.find(({ packages }) => packages.includes(packageName))!);
  const entries = services.flatMap((service) =>
    isEdge(service)
      ? [[toSetting(service, 'UPSTREAMS'), services.flatMap(({ packages }) => packages.map((name) => `${name}=${serving(name)}`)).join(',')]]
      : service.calls.map((name) => [toSetting(service, `${toContractName(name).toUpperCase()}_TARGET`), serving(name)]),
  );
  return Object.fromEntries(entries) as Record<string, string>;
}

/** The settings that all processes of an installation share, and that have no default that could hold: where things are, and secrets. */
export function toSettings(services: readonly Service[], { target, databaseUrl, secretKey }: Installation): Record<string, string> {
  const own = services
    .filter(({ hasDatabase }) => hasDatabase)
    .flatMap((service) => [
      [toSetting(service, 'DATABASE_URL'), databaseUrl(service)],
      [toSetting(service, 'SECRET_KEY'), secretKey(service)],
    ]);
  return { ...(Object.fromEntries(own) as Record<string, string>), ...toTargets(services, target) };
}
