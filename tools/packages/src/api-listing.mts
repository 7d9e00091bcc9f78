import { format } from 'prettier';
import ts from 'typescript';

/** The page on which a review sees what changes for who imports a package: its types, without their comments. */
export async function createApiListing(entries: ReadonlyMap<string, string>): Promise<string> {
  const pages: string[] = [];
  for (const [specifier, declarations] of entries) {
    const file = ts.createSourceFile('index.d.ts', declarations, ts.ScriptTarget.Latest);
    const bare = ts.createPrinter({ removeComments: true }).printFile(file);
    pages.push(
      `# ${specifier}\n\nWhat it exports. Made by \`npm run packages\`.\n\n\`\`\`ts\n${await format(bare, { parser: 'typescript', printWidth: 160, singleQuote: true })}\`\`\`\n`,
    );
  }
  return pages.join('\n');
}
