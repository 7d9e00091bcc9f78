// `npm run audit`: no package that is shipped has a known vulnerability of high or critical severity. Needs a registry that knows of them; where
// there is none, that is said and nothing fails. What cannot be mended yet is in audit-exceptions.json, each with its reason and a day.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

interface Advisory {
  readonly url: string;
  readonly title: string;
  readonly severity: string;
  readonly range: string;
  readonly name: string;
}
interface Report {
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly via: readonly (Advisory | string)[]; readonly nodes: readonly string[]; readonly fixAvailable: unknown }>
  >;
  readonly message?: string;
}
interface Exception {
  /** `GHSA-xxxx-xxxx-xxxx` */
  readonly advisory: string;
  readonly reason: string;
  /** The day, `YYYY-MM-DD`, from which on it holds no more. */
  readonly expires: string;
}

const exceptionsFile = 'tools/checks/audit-exceptions.json';
const exceptions = JSON.parse(readFileSync(exceptionsFile, 'utf8')) as Exception[];
const today = new Date().toISOString().slice(0, 10);

const { stdout, error } = spawnSync('npm', ['audit', '--json', '--omit=dev', '--package-lock-only'], { encoding: 'utf8', maxBuffer: 64 << 20 });
const report = readReport(stdout);
if (!report.vulnerabilities) {
  console.log(`the registry tells of no vulnerabilities (${error?.message ?? report.message ?? 'no answer'}): nothing was looked at`);
  process.exit(0);
}

const findings = Object.entries(report.vulnerabilities).flatMap(([name, { via, nodes, fixAvailable }]) =>
  via
    .filter((advisory) => typeof advisory !== 'string')
    .filter(({ severity }) => severity === 'high' || severity === 'critical')
    .flatMap(({ url, title, severity, range }) => {
      const exception = exceptions.find(({ advisory }) => url.endsWith(advisory));
      if (exception && today < exception.expires) return [];
      const step = exception
        ? `its exception in ${exceptionsFile} held until ${exception.expires}: look again`
        : fixAvailable
          ? '"npm audit fix" brings the version that mends it'
          : `no version mends it yet: do without, or list it in ${exceptionsFile} with a reason and a day`;
      return [`${name} ${range} (${nodes.join(', ')}): ${severity}, ${title}, ${url}; ${step}`];
    }),
);
console.log(findings.length ? findings.join('\n') : 'no known vulnerability of high or critical severity in what is shipped');
process.exitCode = findings.length ? 1 : 0;

function readReport(text: string | undefined): Report {
  try {
    return JSON.parse(text ?? '') as Report;
  } catch {
    return {};
  }
}
