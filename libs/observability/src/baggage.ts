// W3C Baggage §3.3.2: what everybody hands on at the least
const maxMembers = 64;
const maxBytes = 8_192;
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const octets = '[!#-+\\--:<-[\\]-~]*';
const member = new RegExp(`^[ \\t]*${token}[ \\t]*=[ \\t]*${octets}[ \\t]*$`);
const property = new RegExp(`^[ \\t]*${token}[ \\t]*(=[ \\t]*${octets}[ \\t]*)?$`);

/**
 * The members of a `baggage` header that are handed on, as they are: nothing here reads them, and what was decoded could come
 * out as another text. A member that is none is left out, and one that is over the limits with all after it.
 */
export function toBaggageToHandOn(header: string): string | undefined {
  const kept: string[] = [];
  let bytes = -1;
  for (const text of header.split(',')) {
    const [pair = '', ...properties] = text.split(';');
    if (!member.test(pair) || !properties.every((each) => property.test(each))) continue;
    const trimmed = text.trim();
    bytes += 1 + trimmed.length;
    if (kept.length === maxMembers || bytes > maxBytes) break;
    kept.push(trimmed);
  }
  return kept.length ? kept.join(',') : undefined;
}
