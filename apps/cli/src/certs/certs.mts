import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { readServices } from '#services';
import { type Authority, findAuthority, makeAuthority } from './authority.mts';
import { issue, type San } from './certificate.mts';
import { CommandError } from '../command-error.mts';
import { claimFolder, publish } from './folder.mts';

/** What its caller says. */
export interface CertsOptions {
  readonly out: string;
  readonly days: string;
  readonly name: readonly string[];
  readonly san: readonly string[];
}

const dayMs = 86_400_000;
// ten years, and no less than two runs of the longest certificate
const authorityDays = (days: number) => Math.max(3_650, 2 * days);

interface Wishes {
  readonly out: string;
  readonly days: number;
  readonly sans: ReadonlyMap<string, readonly San[]>;
}

/**
 * Makes or renews the certificates of a development installation.
 * @throws CommandError for options that cannot be meant, and for a folder that cannot be used
 */
export async function certs(options: CertsOptions): Promise<void> {
  const { out, days, sans } = readWishes(options);
  await claimFolder(out);
  const notAfter = new Date(Date.now() + days * dayMs);
  const authority = await settle(out, notAfter, days, async (authority) => {
    for (const [name, names] of sans) await publish(join(out, name), { ...(await issue(authority, name, names, notAfter)), 'ca.crt': authority.certificate });
  });
  console.log(`${join(out, 'ca')}: the authority, until ${toDay(authority.notAfter)}`);
  for (const name of sans.keys()) console.log(`${join(out, name)}: tls.crt, tls.key, ca.crt, until ${toDay(notAfter)}`);
}

/**
 * Does the work with the authority that is in force, and again where another command has put a new one in its place
 * meanwhile: whoever is the last to write has written what fits.
 */
async function settle(out: string, notAfter: Date, days: number, work: (authority: Authority) => Promise<void>): Promise<Authority> {
  const folder = join(out, 'ca');
  for (;;) {
    const found = await findAuthority(folder);
    const authority = found && found.notAfter > notAfter ? found : await makeAuthority(new Date(Date.now() + authorityDays(days) * dayMs));
    if (authority !== found) {
      const files = { 'tls.crt': authority.certificate, 'tls.key': authority.key };
      if (!(await publish(folder, files, { onlyFirst: !found }))) continue;
    }
    await work(authority);
    if ((await findAuthority(folder))?.certificate === authority.certificate) return authority;
  }
}

function readWishes({ out, days: daysText, name: given, san }: CertsOptions): Wishes {
  const names = given.length ? given : findNames();
  const days = Number(daysText);
  if (!/^\d+$/.test(daysText) || days < 1 || days > 3_650) throw new CommandError(`--days ${daysText}: must be a whole number from 1 to 3650`);
  const sans = new Map<string, San[]>();
  for (const name of names) {
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name) || name === 'ca')
      throw new CommandError(`--name ${name}: must be a name of DNS in small letters, and not ca, where the authority lies`);
    sans.set(name, [
      { type: 'dns', value: name },
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
      { type: 'ip', value: '::1' },
    ]);
  }
  for (const entry of san) {
    const [, name = '', value = ''] = /^([^=]*)=(.+)$/.exec(entry) ?? [];
    const list = sans.get(name);
    if (!list) throw new CommandError(`--san ${entry}: must be <name>=<value>, with a name of ${[...sans.keys()].join(', ')}`);
    list.push(toSan(entry, value));
  }
  return { out: resolve(out), days, sans };
}

/** The processes of the checkout that this is the command of. */
function findNames(): string[] {
  try {
    return [...readServices(join(import.meta.dirname, '../../../..')).map(({ name }) => name), 'postgres'];
  } catch (cause) {
    throw new CommandError('--name is missing: outside of a checkout nothing says which services there are', { cause });
  }
}

function toSan(entry: string, value: string): San {
  if (isIP(value)) return { type: 'ip', value };
  if (/^[a-z][a-z0-9+.-]*:\/\/[!-~]+$/.test(value) && URL.canParse(value)) return { type: 'url', value };
  if (/^(\*\.)?([a-z0-9-]+\.)*[a-z0-9-]+$/.test(value)) return { type: 'dns', value };
  throw new CommandError(`--san ${entry}: is neither a DNS name in small letters, nor an IP address, nor a URI`);
}

const toDay = (date: Date) => date.toISOString().slice(0, 10);
