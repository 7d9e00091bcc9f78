import { existsSync, readFileSync } from 'node:fs';
import { remark } from 'remark';
import remarkGfm from 'remark-gfm';
import remarkValidateLinks from 'remark-validate-links';

type FileSet = NonNullable<Parameters<typeof remarkValidateLinks>[1]>;
type Completer = (set: FileSet) => Promise<void>;

/**
 * Finds links that lead nowhere: to a file that is not there, or to a heading that its page does not have. Nothing is asked
 * of the network.
 * @param pages paths of the pages whose links are looked at, from the folder that the process runs in
 * @returns a sentence each, which begins with the place
 */
export async function findBrokenLinks(pages: readonly string[]): Promise<string[]> {
  const files: Awaited<ReturnType<ReturnType<typeof remark>['process']>>[] = [];
  const linked = new Set(pages);
  const completers: Completer[] = [];
  // what the command line of remark gives the plugin: headings of other pages are looked at when all have been read
  const set = {
    use: (completer: Completer) => void completers.push(completer),
    add: ({ path }: { path: string }) => void linked.add(path),
    valueOf: () => files,
  } as unknown as FileSet;
  // a set grows while it is gone through
  for (const path of linked) {
    if (!path.endsWith('.md') || !existsSync(path)) continue;
    const processor = remark().use(remarkGfm).use(remarkValidateLinks, { repository: false, root: process.cwd() }, set);
    files.push(await processor.process({ path, cwd: process.cwd(), value: readFileSync(path, 'utf8') }));
  }
  await completers[0]?.(set);
  return files.filter(({ path }) => pages.includes(path)).flatMap(({ path, messages }) => messages.map(({ line, reason }) => `${path}:${line}: ${reason}`));
}
