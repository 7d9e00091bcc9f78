import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { remark } from 'remark';
import remarkGfm from 'remark-gfm';

/** Something on a page that is written as code. */
export interface Code {
  readonly line: number;
  readonly text: string;
  /** What a block says of its language, empty where it says nothing; undefined of code within a sentence. */
  readonly language?: string;
}

export interface Page {
  readonly path: string;
  readonly code: readonly Code[];
  /** What it says in words. */
  readonly prose: readonly { readonly line: number; readonly text: string }[];
  /** Where links lead that leave the workspace. */
  readonly external: readonly string[];
  /** Pages that it leads to, as paths of the workspace. */
  readonly next: readonly string[];
}

interface Node {
  readonly type: string;
  readonly url?: string;
  readonly value?: string;
  readonly lang?: string | null;
  readonly position?: { readonly start: { readonly line: number } };
  readonly children?: readonly Node[];
}

/** Reads what a page shows as code, and where it leads away. */
export function readPage(path: string): Page {
  const code: Code[] = [];
  const prose: { line: number; text: string }[] = [];
  const external: string[] = [];
  const next: string[] = [];
  const walk = ({ type, value = '', url = '', lang, position, children }: Node): void => {
    const line = position?.start.line ?? 0;
    if (type === 'text') prose.push({ line, text: value });
    if (type === 'inlineCode') code.push({ line, text: value });
    if (type === 'code') code.push({ line: line + 1, text: value, language: lang ?? '' });
    if (/^https?:\/\/(?!127\.0\.0\.1)/.test(url)) external.push(url);
    else if (/\.md(#|$)/.test(url)) next.push(join(dirname(path), url.replace(/#.*/, '')));
    children?.forEach(walk);
  };
  walk(remark().use(remarkGfm).parse(readFileSync(path, 'utf8')));
  return { path, code, prose, external, next };
}
