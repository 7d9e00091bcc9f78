import { readErrorPages, toRows } from './error-pages';

/** The pages of `docs/errors/`, by their path in there. */
export function createErrorMarkdown(): Record<string, string> {
  const pages = readErrorPages();
  const table = pages.map(({ declaration: { domain, reason, code, message, retry }, httpStatus, methods }) =>
    `| [${reason}](${domain}/${reason}.md) | ${domain} | ${httpStatus} | ${code} | ${retry} | ${message} | ${methods.join(', ') || 'any'} |`,
  );
  const list = `# Errors

Every error answer is a problem document (RFC 9457) whose \`type\` is the page of its reason. Programs decide by \`domain\` and \`reason\`; \`detail\` is for people.

| reason | domain | HTTP | gRPC code | retry | detail | raised by |
|---|---|---|---|---|---|---|
${table.join('\n')}
`;
  const entries = pages.map((page): [string, string] => {
    const { title, domain, reason } = page.declaration;
    const rows = toRows(page).map(([name, value]) => `| ${name} | ${value} |`);
    return [`${domain}/${reason}.md`, `# ${title}\n\n${page.comment ? `${page.comment}\n\n` : ''}| | |\n|---|---|\n${rows.join('\n')}\n`];
  });
  return { 'README.md': list, ...Object.fromEntries(entries) };
}
