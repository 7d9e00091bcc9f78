import type { Page } from './pages.mts';

/** The pages that nobody finds who follows links from one of them. */
export function findUnreachable(pages: readonly Pick<Page, 'path' | 'next'>[], start: string): string[] {
  const reached = new Set([start]);
  // a set grows while it is gone through
  for (const path of reached) for (const next of pages.find((page) => page.path === path)?.next ?? []) reached.add(next);
  return pages.map(({ path }) => path).filter((path) => !reached.has(path));
}
