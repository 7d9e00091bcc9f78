// What the overlays come to, kept beside them, so that it can be read, checked and applied without kubectl.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = 'docker/kubernetes';
export const overlays = ['small', 'large'] as const;
export const renderedFile = (overlay: string) => `${folder}/overlays/${overlay}/rendered.yaml`;

/**
 * The first line of a rendered file: by its SHA-256, of all files that the overlays are made of and of what they came to, a stale or changed one
 * is known where there is no kubectl.
 * @public a test asks for it in a text
 */
export function headOf(body: string): string {
  const files = ['base', 'components', 'overlays'].flatMap((part) =>
    readdirSync(join(folder, part), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, part, name)),
  );
  const hash = createHash('sha256');
  for (const file of files.filter((name) => name.endsWith('.yaml') && !name.endsWith('rendered.yaml')).sort())
    hash.update(`${file}\n${readFileSync(file, 'utf8')}\n`);
  return `# Made by \`npm run kubernetes\` from the files around it (${hash.update(body).digest('hex')}); change those, not this one.\n`;
}

/** An overlay as Kustomize puts it together. @throws Error with what kubectl says */
export function render(overlay: string): string {
  const body = execFileSync('kubectl', ['kustomize', `${folder}/overlays/${overlay}`], { encoding: 'utf8', maxBuffer: 16 << 20 });
  return headOf(body) + body;
}
