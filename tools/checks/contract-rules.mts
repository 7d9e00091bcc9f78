// `node tools/checks/contract-rules.mts [proto root]`: what a server would refuse at its start is refused here, with file and line. Each method says who
// may call it, and names reasons that its contract declares; each reason of a contract is one that a method of it may raise.
import { createFileRegistry, type DescExtension, type DescFile, type DescMethod, fromBinary, getOption, hasOption } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { execFileSync } from 'node:child_process';

interface AccessRule {
  readonly rule: { readonly case?: string; readonly value?: { readonly permission?: string; readonly subjectField?: string } };
  readonly services: readonly string[];
  readonly proof?: { readonly acr: string };
}
interface Reason {
  readonly file: DescFile;
  /** Without the prefix of its enum. */
  readonly name: string;
  /** The way to it in a FileDescriptorProto, field numbers and indexes, as SourceCodeInfo has it. */
  readonly path: readonly number[];
}

const [root = 'proto'] = process.argv.slice(2);
const image = execFileSync('buf', ['build', root, '-o', '-'], { maxBuffer: 64 << 20 });
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
const findOption = (name: string): DescExtension => {
  const option = registry.getExtension(`gatehouse.api.v1.${name}`);
  if (!option) throw new Error(`gatehouse.api.v1.${name} is no option of the contract under ${root}`);
  return option;
};
const [access, errorReasons, errorDomain] = [findOption('access'), findOption('error_reasons'), findOption('error_domain')];

const findings: string[] = [];
const report = (file: DescFile, path: readonly number[], text: string) => {
  const [line = 0] = file.proto.sourceCodeInfo?.location.find((location) => location.path.join() === path.join())?.span ?? [];
  findings.push(`${root}/${file.name}.proto:${line + 1}: ${text}`);
};

const kinds = 'public, authenticated, permission, self_or_permission or service_only';

/** What is wrong with a method's access rule, and what to do; nothing where it is right. */
function judgeAccess(method: DescMethod): string | undefined {
  if (!hasOption(method, access)) return `has no access rule: add option (gatehouse.api.v1.access) with one of ${kinds}`;
  const { rule, services, proof } = getOption(method, access) as AccessRule;
  if (rule.case === undefined) return `has an empty access rule: write one of ${kinds}`;
  if (rule.value?.permission === '') return 'has an access rule without a permission: name the one that its callers hold';
  if (rule.value?.subjectField === '') return 'has an access rule without a subject_field: name the field of the request that holds a user id';
  if (rule.case === 'serviceOnly' && services.length === 0) return 'admits nobody: list its callers in "services", or give it another rule';
  if (proof && !['', 'aal1', 'aal2'].includes(proof.acr)) return `asks for the acr ${proof.acr}: there are aal1 and aal2`;
  if (proof && (rule.case === 'public' || rule.case === 'serviceOnly')) return 'asks for a proof, but admits nobody who could have it: remove "proof"';
  return undefined;
}

function readReasons(file: DescFile): Reason[] {
  return file.enums.flatMap((enumeration, index) => {
    if (!hasOption(enumeration, errorDomain)) return [];
    const prefix = `${enumeration.name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}_`;
    return enumeration.values.slice(1).map(({ name }, value) => ({ file, name: name.slice(prefix.length), path: [5, index, 2, value + 1] }));
  });
}

const packages = Map.groupBy(registry.files, (file) => file.proto.package);
for (const [name, files] of packages) {
  // the reasons of a package without services are the platform's, which any method may raise
  if (!name.startsWith('gatehouse.') || !files.some(({ services }) => services.length)) continue;
  const reasons = files.flatMap(readReasons);
  const raised = new Set<string>();
  for (const file of files)
    for (const [serviceIndex, service] of file.services.entries())
      for (const [index, method] of service.methods.entries()) {
        const tell = (text: string) => report(file, [6, serviceIndex, 2, index], `${service.name}.${method.name} ${text}`);
        const wrong = judgeAccess(method);
        if (wrong) tell(wrong);
        for (const reason of getOption(method, errorReasons) as string[]) {
          raised.add(reason);
          if (!reasons.some((each) => each.name === reason))
            tell(`may raise ${reason}, which its contract does not declare: "npx nx g gatehouse:error-reason" adds it`);
        }
      }
  for (const { file, name: reason, path } of reasons)
    if (!raised.has(reason))
      report(file, path, `${reason} is raised by no method: name it in the (gatehouse.api.v1.error_reasons) of those that do, or remove it`);
}

console.log(findings.length ? findings.join('\n') : `every method under ${root} says who may call it and what it may raise`);
process.exitCode = findings.length ? 1 : 0;
