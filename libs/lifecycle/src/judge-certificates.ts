import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

export type Part = 'cert' | 'key' | 'ca';

/** One of the files of a certificate as PEM, what it is set by, and what to call it in a sentence. */
export interface PemFile {
  readonly text: string;
  readonly setting: string;
  readonly place: string;
}

// RFC 5280 §4.2.1.12; OpenSSL takes anyExtendedKeyUsage for neither
const usageIds = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;
export type Usage = keyof typeof usageIds;

/**
 * Judges what is to be used for TLS together, as far as it is there: an own certificate with its chain, its key, and the CAs that are believed.
 * @param usages what the own certificate must be for, if it says what it is for
 * @param tell is told of each problem in a sentence
 * @returns the own certificate, where it can be read
 */
export function judgeCertificates(
  { cert, key, ca }: { readonly [P in Part]?: PemFile | undefined },
  usages: readonly Usage[],
  tell: (part: Part, problem: string) => void,
): X509Certificate | undefined {
  let isUsable = true;
  const refuse = (part: Part) => (problem: string) => {
    isUsable = false;
    tell(part, problem);
  };
  const [certificate, ...chain] = cert ? toCertificates(cert.text) : [];
  const privateKey = key && toKey(key.text);
  if (cert) judgeOwn(certificate, chain, usages, cert.place, refuse('cert'));
  if (key && !privateKey) refuse('key')(`${key.place} holds no private key in PEM that can be read without a password`);
  if (certificate && privateKey && !certificate.checkPrivateKey(privateKey))
    refuse('key')(`${key!.place} is not the key of the certificate in ${cert!.setting}`);
  if (ca) judgeAuthorities(toCertificates(ca.text), ca.place, refuse('ca'));
  if (isUsable) tryOut({ cert: cert?.text, key: key?.text, ca: ca?.text }, refuse(cert ? 'cert' : 'ca'));
  return certificate;
}

type Tell = (problem: string) => void;

function judgeOwn(certificate: X509Certificate | undefined, chain: readonly X509Certificate[], usages: readonly Usage[], place: string, tell: Tell): void {
  judgeTime(certificate, `the certificate in ${place}`, place, tell);
  // what is self-signed there is passed over by whom it is shown to: they have their own
  const between = chain.find((each) => !isSelfIssued(each) && !isInTime(each));
  if (between) judgeTime(between, `a certificate of the chain in ${place}`, place, tell);
  // undefined where the certificate does not limit it
  const granted = certificate?.keyUsage as readonly string[] | undefined;
  for (const usage of usages)
    if (granted && !granted.includes(usageIds[usage]))
      tell(`the certificate in ${place} is not for ${usage} authentication (extended key usage): have it issued for that too`);
}

function judgeAuthorities(authorities: readonly X509Certificate[], place: string, tell: Tell): void {
  // of an old CA and a new one, either may be out of its time
  judgeTime(authorities.find(isInTime) ?? authorities[0], `the certificate in ${place}`, place, tell);
  // what is self-signed is believed as it is, CA or not
  if (authorities.some((each) => !each.ca && !isSelfIssued(each)))
    tell(`${place} holds a certificate that is not of a CA: put that of its issuer in its place`);
}

const isSelfIssued = (certificate: X509Certificate) => certificate.checkIssued(certificate);
const isInTime = ({ validFromDate, validToDate }: X509Certificate) => validFromDate.getTime() <= Date.now() && Date.now() <= validToDate.getTime();

function judgeTime(certificate: X509Certificate | undefined, name: string, place: string, tell: Tell): void {
  if (!certificate) return tell(`${place} holds no certificate in PEM, or one that cannot be read`);
  const { validFromDate, validToDate } = certificate;
  if (isInTime(certificate)) return;
  if (validToDate.getTime() < Date.now()) tell(`${name} expired at ${validToDate.toISOString()}: renew it`);
  else tell(`${name} is not valid before ${validFromDate.toISOString()}: wait, or set the clock right`);
}

const certificateBegin = '-----BEGIN CERTIFICATE-----';

/** The certificates of a PEM text in their order; none where one of them cannot be read. */
function toCertificates(text: string): readonly X509Certificate[] {
  try {
    // by their beginnings: OpenSSL goes no further than one that is cut off
    return text
      .split(certificateBegin)
      .slice(1)
      .map((rest) => new X509Certificate(certificateBegin + rest));
  } catch {
    return [];
  }
}

function toKey(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}

/** What only OpenSSL knows, as that a key is too short. */
function tryOut(texts: { cert?: string | undefined; key?: string | undefined; ca?: string | undefined }, tell: Tell): void {
  try {
    createSecureContext(texts);
  } catch (error) {
    tell(`cannot be used for TLS with the files that are set beside it (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}
