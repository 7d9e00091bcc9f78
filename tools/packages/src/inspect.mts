import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { readFileSync } from 'node:fs';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/**
 * Looks at a packed package as Node and TypeScript do: whether each entry is found by import and by require, with types of its form.
 * @param entries of its code, as its `exports` name them
 * @throws Error that lists what is wrong
 */
export async function inspect(tarball: string, manifest: Readonly<Record<string, unknown>>, entries: readonly string[]): Promise<void> {
  const bytes = readFileSync(tarball);
  const { messages } = await publint({ pack: { tarball: new Uint8Array(bytes).buffer } });
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(bytes)), { entrypoints: [...entries] });
  const problems = [
    ...messages.map((message) => formatMessage(message, manifest, { color: false }) ?? message.code),
    ...('problems' in analysis ? analysis.problems : [{ kind: 'there are no types' }])
      // what knows no `exports` is too old for all that this imports
      .filter((problem) => !('resolutionKind' in problem && problem.resolutionKind === 'node10'))
      .map((problem) => JSON.stringify(problem)),
  ];
  if (problems.length) throw new Error(`${tarball} cannot be used as it is:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
}
