// Writes docs/access.md, who may call what, from the access rules of the contracts; with --check says whether it is current.
import { existsSync, readdirSync } from 'node:fs';
import { publish } from './page.mts';
import { runSource } from './run-source.mts';

/** The verdict on each caller: `yes`, or the HTTP status of who is refused. */
interface Verdicts {
  readonly method: string;
  readonly route: string;
  readonly rule: string;
  readonly callers: readonly string[];
}

// the packages of options have no methods
const contracts = readdirSync('libs/contracts').filter((name) => name !== 'api' && existsSync(`libs/contracts/${name}/src/index.ts`));
const source = `
import { getOption, hasOption } from '@bufbuild/protobuf';
import { accessRuleOf } from '@gatehouse/access';
import { createRegistryOf, readMethods } from '@gatehouse/rpc';
${contracts.map((name) => `import { descriptorSet as ${name} } from '@gatehouse/contracts/${name}';`).join('\n')}
const sets = [${contracts.join(', ')}];
const http = createRegistryOf(sets).getExtension('google.api.http');
export const methods = readMethods(sets).filter(({ service }) => service.startsWith('gatehouse.')).map((method) => {
  const { rule, services, proof } = accessRuleOf(method);
  const { pattern } = hasOption(method.descriptor, http) ? getOption(method.descriptor, http) : { pattern: undefined };
  return {
    method: method.descriptor.parent.name + '.' + method.name,
    route: pattern && pattern.case.toUpperCase() + ' ' + pattern.value,
    kind: rule.case, permission: rule.value.permission, subject: rule.value.subjectField, services,
    proof: proof && { acr: proof.acr, maxAge: proof.maxAge },
  };
});
`;
interface Method {
  readonly method: string;
  readonly route?: string;
  readonly kind: 'public' | 'authenticated' | 'permission' | 'selfOrPermission' | 'serviceOnly';
  readonly permission?: string;
  readonly subject?: string;
  readonly services: readonly string[];
  readonly proof?: { readonly acr: string; readonly maxAge: number };
}

const columns = ['the person', 'another person', 'an administrator', '`auth`', 'another service', 'nobody'];
const may = (isAdmitted: boolean) => (isAdmitted ? 'yes' : '403');

const toProofText = (proof: Method['proof']) =>
  proof ? `, by a proof of \`${proof.acr || 'aal1'}\`${proof.maxAge ? ` at most ${proof.maxAge} seconds ago` : ''}` : '';

function toVerdicts({ method, route, kind, permission, subject, services, proof }: Method): Verdicts {
  const isPublic = kind === 'public';
  const anyone = isPublic || kind === 'authenticated';
  const words = {
    public: 'anyone',
    authenticated: 'who is signed in',
    permission: `\`${permission}\``,
    selfOrPermission: `whom \`${subject}\` names, or \`${permission}\``,
  };
  return {
    method,
    route: route ? `\`${route}\`` : 'none',
    rule: [...(kind === 'serviceOnly' ? [] : [words[kind] + toProofText(proof)]), ...services.map((name) => `the service \`${name}\``)].join('; '),
    callers: [
      may(anyone || kind === 'selfOrPermission'),
      may(anyone),
      may(kind !== 'serviceOnly'),
      may(isPublic || services.includes('auth')),
      may(isPublic),
      isPublic ? 'yes' : '401',
    ],
  };
}

await runSource(source, process.cwd(), ({ methods }: { methods: readonly Method[] }) => {
  const rows = methods.map(toVerdicts).map(({ method, route, rule, callers }) => `| ${[method, route, rule, ...callers].join(' | ')} |`);
  const head = ['method', 'route', 'for', ...columns];
  publish(
    'docs/access.md',
    `# Who may call what

What the access rules of the contract come to, over gRPC; over HTTP the same, but that a service has no token for the gateway: it is nobody there. \`apps/e2e/test/verdicts.test.ts\` makes each of these calls, in both ways, on the built system.

"The person" is whom the request is about, and an administrator has the built-in role \`admin\`. 401 is said to who does not say who they are (\`TOKEN_MISSING\`), 403 to who may not (\`PERMISSION_DENIED\`), before anything else of the request is looked at. Where a proof is asked for that the access token does not tell of, who may call is told 401 (\`STEP_UP_REQUIRED\`, [auth-factors.md](auth-factors.md#step-up)). Who may call may still be refused by what the method itself looks at: [users.md](users.md#power). A method without a route is unknown over HTTP (404).

| ${head.join(' | ')} |
| ${head.map(() => '---').join(' | ')} |
${rows.join('\n')}

Made from proto/ by \`npm run docs\`; change that, not this page.
`,
    'the contracts',
  );
});
