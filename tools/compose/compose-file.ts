import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export interface Mount {
  type: 'volume' | 'bind';
  source: string;
  target: string;
  read_only?: boolean;
  volume?: { subpath?: string };
}
export interface ComposeService {
  image: string;
  build?: { context: string; dockerfile?: string; args?: Record<string, string>; additional_contexts?: Record<string, string> };
  pull_policy?: string;
  command: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  volumes?: Mount[];
  tmpfs?: string[];
  ports?: string[];
  expose?: string[];
  networks?: string[];
  network_mode?: string;
  profiles?: string[];
  healthcheck?: { test: string[] };
  stop_grace_period?: string;
  restart?: string;
  [key: string]: unknown;
}
export interface ComposeFile {
  services: Record<string, ComposeService>;
  networks: Record<string, { internal?: boolean }>;
  volumes: Record<string, object>;
}

/** docker/compose.yaml of a workspace, its anchors and merges resolved as Compose does. */
export const readCompose = (workspace: string): ComposeFile =>
  parse(readFileSync(join(workspace, 'docker/compose.yaml'), 'utf8'), { merge: true, maxAliasCount: -1 });
