/** Programs that the workspace does not bring, and what stands for running what a page has them do. Names of files are looked at as on pages. */
export const elsewhere: Readonly<Record<string, string>> = {
  docker: 'no Docker engine runs here; the files are held to their schema and to the code by `tools/checks/test/compose.test.ts`',
  kubectl: 'there is no cluster; what is rendered is held to its schema and to the code by `tools/checks/test/kubernetes.test.ts`',
  podman: 'runs what images are made in `apps/e2e/host/images.podman.test.ts`',
  buildah: 'makes images in `apps/e2e/host/images.podman.test.ts`',
  helm: 'is named, and not used',
  pg_dump: 'runs in `apps/e2e/host/backup.postgresql-15.test.ts`',
  pg_restore: 'runs in `apps/e2e/host/backup.postgresql-15.test.ts`',
  psql: 'what it is given runs in `apps/e2e/host/backup.postgresql-15.test.ts`, by a driver',
  pgbench: 'is named, for a disk that is not ours',
  curl: 'what it asks for is asked for in `apps/e2e/host/curl.test.ts` and `libs/lifecycle/test/admin-server.test.ts`',
  openssl: 'makes random bytes',
  git: 'is there wherever the workspace is',
  cd: 'is of the shell',
  umask: 'is of the shell',
};

/** Services that a page shows the making of, and that therefore are not there. */
export const made: readonly string[] = ['billing'];
