const dnsForm = /^[A-Za-z0-9_.-]{1,253}$/;
const uriForm = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[!-~]{1,2000}$/;

/**
 * The DNS names, in lower case, and URIs of a certificate (RFC 5280 §4.2.1.6), of what Node writes of its subjectAltName.
 * Node puts values in quotes that could be read as several: those are no names of ours, and left out.
 */
export function readSubjectNames(subjectAltName = ''): readonly string[] {
  const names: string[] = [];
  for (const [, kind, value = ''] of subjectAltName.matchAll(/([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy)) {
    if (kind === 'DNS' && dnsForm.test(value)) names.push(value.toLowerCase());
    if (kind === 'URI' && uriForm.test(value)) names.push(value);
  }
  return names;
}
