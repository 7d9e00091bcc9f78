import type { Tree } from '@nx/devkit';
import { rename, renumber } from './derived-files.mts';
import { edit } from './edit.mts';
import type { Wishes } from './wishes.mts';

const rules = 'docker/observability/prometheus/rules/alerts.yml';

/** Gives the service a stage of docker/Dockerfile, and has Prometheus look at it. */
export function joinImagesAndAlerts(tree: Tree, wishes: Wishes): void {
  const toNew = (text: string) => renumber(rename(text, wishes.names), wishes);
  repeat(tree, 'docker/Dockerfile', /FROM service AS user\n(?:.+\n)+\n/, /FROM service AS gateway\n/, toNew);
  repeat(tree, 'docker/observability/prometheus/prometheus.yml', / {2}- job_name: user\n.*\n/, / {2}- job_name: collector\n/, toNew);
  const { service } = wishes.names;
  edit(tree, rules, /(expr: up\{job=~"[a-z|]+)("\} == 0 .*)/, `$1|${service}$2 or absent(up{job="${service}"})`);
}

/** Writes what a file says of `user` once more before something else. */
function repeat(tree: Tree, file: string, part: RegExp, before: RegExp, toNew: (text: string) => string): void {
  const [found = ''] = part.exec(tree.read(file, 'utf8')!) ?? [];
  edit(tree, file, before, `${toNew(found)}$&`);
}
