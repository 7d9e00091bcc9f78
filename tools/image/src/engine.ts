import { readFileSync } from 'node:fs';
import { run } from './command';

/** What a process looks like to the kernel. */
export interface ContainerProcess {
  readonly pid: number;
  readonly uid: number;
  /** Its id in the container: 1 where nothing stands before it. */
  readonly innerPid: number;
  /** Resident set, in MB of 2^20 bytes. */
  readonly rssMb: number;
  /** When the engine started it, in milliseconds of the epoch. */
  readonly startedAt: number;
}

export interface Container {
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  /** A folder of the host that is /certificates in it. */
  readonly certificates: string;
}

/** buildah and podman, without a daemon, with a store of their own. */
export interface Engine {
  /** The command that `IMAGE_BUILD` takes. */
  readonly buildCommand: string;
  readonly env: NodeJS.ProcessEnv;
  build(tag: string, containerfile: string, folder: string): Promise<void>;
  hasImage(tag: string): Promise<boolean>;
  /** Removes what a later image of the same name has taken the place of. */
  prune(): Promise<void>;
  /** Bytes. */
  sizeOf(tag: string): Promise<number>;
  /** Starts a service in the background, on the host's network, with a root file system that cannot be written. */
  start(name: string, container: Container): Promise<void>;
  /** Starts a container again that was stopped. */
  restart(name: string): Promise<void>;
  /** Runs a command of an image to its end; gives what it wrote. */
  runOnce(command: string, container: Container): Promise<string>;
  exec(name: string, ...command: string[]): Promise<string>;
  inspect(name: string): Promise<ContainerProcess>;
  /** SIGTERM, and SIGKILL after 30 s. Gives the exit code. */
  stop(name: string): Promise<number>;
  logs(name: string): Promise<string>;
  remove(names: readonly string[]): Promise<void>;
}

/** @param hosts names and addresses that every container knows, as `name:address` */
export function createEngine(folder: string, hosts: readonly string[]): Engine {
  const store = ['--root', `${folder}/store`, '--runroot', `${folder}/run`, '--storage-driver', 'overlay'];
  // a runtime that takes cgroups of version 1 and 2, and nothing of systemd
  const podman = (...args: string[]) => run('podman', [...store, '--cgroup-manager=cgroupfs', '--runtime', 'runc', ...args], env);
  const env = { ...process.env, CONTAINERS_REGISTRIES_CONF: `${folder}/registries.conf` };
  const bud = [...store, 'bud', '--isolation', 'chroot', '--layers=false', '--pull-never', '--format', 'docker'];
  const hardLimit = Number(/Max open files\s+\d+\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1_024);
  const toRunOptions = ({ env, certificates }: Container) => [
    ...['--network', 'host', '--read-only', '--read-only-tmpfs=false', '--cap-drop', 'all', '--security-opt', 'no-new-privileges'],
    // without these the engine asks for more than an account without CAP_SYS_RESOURCE may have; checks are not scheduled without systemd
    ...['--ulimit', `nofile=1024:${hardLimit}`, '--ulimit', 'nproc=1024:1024', '--no-healthcheck'],
    ...hosts.flatMap((host) => ['--add-host', host]),
    ...['--volume', `${certificates}:/certificates:ro`],
    ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
  ];
  return {
    buildCommand: ['buildah', ...bud].join(' '),
    env,
    build: async (tag, containerfile, context) => void (await run('buildah', [...bud, '--tag', tag, '--file', containerfile, context], env)),
    hasImage: (tag) =>
      podman('image', 'exists', tag).then(
        () => true,
        () => false,
      ),
    prune: async () => void (await podman('image', 'prune', '--force')),
    sizeOf: async (tag) => Number(await podman('image', 'inspect', '--format', '{{.Size}}', tag)),
    start: async (name, container) => void (await podman('run', '--detach', '--name', name, ...toRunOptions(container), container.image)),
    restart: async (name) => void (await podman('start', name)),
    runOnce: (command, container) => podman('run', '--rm', ...toRunOptions(container), container.image, command),
    exec: (name, ...command) => podman('exec', name, ...command),
    async inspect(name) {
      const [pid, startedAt] = (await podman('inspect', '--format', '{{.State.Pid}} {{.State.StartedAt.UnixMilli}}', name)).split(' ').map(Number) as [
        number,
        number,
      ];
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const field = (key: string) => new RegExp(`^${key}:\\s+(.*)$`, 'm').exec(status)?.[1]?.trim().split(/\s+/) ?? [];
      return { pid, startedAt, uid: Number(field('Uid')[0]), innerPid: Number(field('NSpid').at(-1)), rssMb: Number(field('VmRSS')[0]) / 1_024 };
    },
    async stop(name) {
      await podman('stop', '--time', '30', name);
      return Number(await podman('inspect', '--format', '{{.State.ExitCode}}', name));
    },
    logs: (name) => podman('logs', name),
    remove: async (names) => void (await podman('rm', '--force', '--time', '0', '--ignore', ...names)),
  };
}
