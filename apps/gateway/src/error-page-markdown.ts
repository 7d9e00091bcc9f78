import { readErrorPages, toRows } from './error-pages';

/** The pages of `docs/errors/`, by their path in there. */
export function createErrorMarkdown(): Record<string, string> {
  const pages = readErrorPages();
  const table = pages.map(
    ({ declaration: { domain, reason, code, message, retry }, httpStatus, methods }) =>
      `| [${reason}](${domain}/${reason}.md) | ${domain} | ${httpStatus} | ${code} | ${retry} | ${message} | ${methods.join(', ') || 'any'} |`,
  );
  const list = `# Errors

Every error answer is a problem document (RFC 9457) whose \`type\` is the page of its reason. Programs decide by \`domain\` and \`reason\`; \`detail\` is for people.

| reason | domain | HTTP | gRPC code | retry | detail | raised by |
|---|---|---|---|---|---|---|
${table.join('\n')}

## Over gRPC

The trailer \`grpc-status-details-bin\` is a serialized \`google.rpc.Status\`, whose \`google.rpc.ErrorInfo\` has \`reason\`, \`domain\` and \`metadata\` (with \`http_status\` where HTTP answers with another status than the code's own); a status without one was made by the transport or by something in between, and only its code says anything. Beside it may come \`BadRequest\`, \`RetryInfo\`, \`ResourceInfo\`, \`PreconditionFailure\`, \`QuotaFailure\` and, for who sends \`accept-language\`, \`LocalizedMessage\`, each at most once and in any order. The trailer is capped at 4 KiB before base64: the last violations are left out first, then the other details but \`RetryInfo\`, then the metadata.
`;
  const entries = pages.map((page): [string, string] => {
    const { title, domain, reason } = page.declaration;
    const rows = toRows(page).map(([name, value]) => `| ${name} | ${value} |`);
    return [`${domain}/${reason}.md`, `# ${title}\n\n${page.comment ? `${page.comment}\n\n` : ''}| | |\n|---|---|\n${rows.join('\n')}\n`];
  });
  return { 'README.md': list, ...Object.fromEntries(entries) };
}
