import { formatFiles, type GeneratorCallback, type Tree } from '@nx/devkit';
import { requireCleanTree } from '../../source/clean-tree.mts';
import { type Contract, element, formatProto, type ProtoFile, readContract } from '../../source/contract.mts';
import { toCamel } from '../../source/names.mts';
import { appendToBlock } from '../../source/proto-edits.mts';
import { applyEdits, type Edit } from '../../source/text-edits.mts';
import { exportFrom, parseTypeScript } from '../../source/typescript-source.mts';
import { type Reason, toCode, toPrefix, toReasonText, toTitle } from './reason-text.mts';

interface ErrorReasonOptions {
  readonly service: string;
  readonly name: string;
  readonly code?: string;
  readonly title?: string;
  readonly message?: string;
  readonly retry?: Reason['retry'];
  readonly method?: readonly string[];
  readonly allowDirty?: boolean;
}

/** Of gatehouse.api.v1. */
const errorReasonsOption = 50302;

/**
 * `nx g gatehouse:error-reason <service> <NAME>`: a reason in the service's contract, in the methods that raise it, and its constructor among the contract's exports.
 * @throws Error that says what of the command line, or of the tree, stands in the way; nothing is written then
 */
export async function errorReasonGenerator(tree: Tree, options: ErrorReasonOptions): Promise<GeneratorCallback> {
  const { service, name, method = [] } = options;
  if (!/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(name) || name.length > 63)
    throw new Error(`"${name}" is no name of a reason: write it in capitals, at most 63 (AIP-193), as EMAIL_TAKEN`);
  const reason = toReason(options);
  const contract = readContract(tree.root, service);
  const file = contract.files.find(({ descriptor }) => descriptor.enumType.some((each) => each.name.endsWith('ErrorReason')));
  if (!file) throw new Error(`proto/gatehouse/${service} declares no reasons: add its errors.proto first, as proto/gatehouse/user/v1/errors.proto`);
  const index = file.descriptor.enumType.findIndex((each) => each.name.endsWith('ErrorReason'));
  const enumeration = file.descriptor.enumType[index]!;
  const value = `${toPrefix(enumeration.name)}${name}`;
  if (enumeration.value.some((each) => each.name === value))
    throw new Error(`${file.path} has the reason ${name} already: take another name, or throw that one`);
  const edits = [...new Set(method)].map((each) => declareOn(contract, each, name));
  requireCleanTree(tree.root, options.allowDirty);

  const used = [...enumeration.value.map(({ number }) => number), ...enumeration.reservedRange.map(({ end }) => end)];
  write(tree, file, [appendToBlock(file, [element.enumeration, index], toReasonText(value, Math.max(...used) + 1, reason))]);
  for (const served of contract.files) {
    const own = edits.flatMap(({ file: of, edit }) => (of === served ? [edit] : []));
    if (own.length) write(tree, served, own);
  }
  const exports = `libs/contracts/${service}/src/index.ts`;
  const text = tree.read(exports, 'utf8')!;
  tree.write(exports, applyEdits(text, exportFrom(parseTypeScript(exports, text), './gen/errors', [toCamel(name)])));
  await formatFiles(tree);
  // those of a service that is generated, its own tests provoke
  const isCalledByE2e = tree.read('apps/e2e/test/support/callers.ts', 'utf8')!.includes(`'@gatehouse/contracts/${service}'`);
  return () => console.log(toLastWords(options, file.path, isCalledByE2e));
}

function toReason({ name, code = toCode(name), title = toTitle(name), message = title.toLowerCase(), retry = 'never' }: ErrorReasonOptions): Reason {
  if (!code) throw new Error(`${name} does not say what kind of error it is: say its gRPC code, as --code FAILED_PRECONDITION`);
  for (const [option, text] of Object.entries({ title, message })) {
    if (!text.trim() || /[\r\n]/.test(text)) throw new Error(`--${option} is words on one line: say what the caller is to read`);
    if (text.endsWith('.')) throw new Error(`--${option} has no full stop at its end, as those that are there: leave it out`);
  }
  return { code, title, message, retry, metadata: [...message.matchAll(/\{(\w+)\}/g)].map(([, word]) => word!) };
}

/** Names the reason among those of a method, after the ones that it has. */
function declareOn({ name: service, files }: Contract, method: string, reason: string): { file: ProtoFile; edit: Edit } {
  for (const file of files)
    for (const [at, { method: methods }] of file.descriptor.service.entries()) {
      const index = methods.findIndex(({ name }) => name === method);
      if (index < 0) continue;
      const path = [element.service, at, element.method, index];
      const text = `option (gatehouse.api.v1.error_reasons) = "${reason}";`;
      const option = (number: number) => [...path, element.options.method, errorReasonsOption, number];
      let count = 0;
      while (file.has(option(count))) count++;
      return { file, edit: count ? { at: file.find(option(count - 1)).to, text: `\n${text}` } : appendToBlock(file, path, text) };
    }
  const known = files.flatMap(({ descriptor }) => descriptor.service).flatMap(({ method: methods }) => methods.map(({ name }) => name));
  throw new Error(`${service} has no method "${method}": --method takes ${known.join(', ')}`);
}

const write = (tree: Tree, { path, text }: ProtoFile, edits: readonly Edit[]): void => tree.write(path, formatProto(tree.root, applyEdits(text, edits)));

function toLastWords({ service, name, method = [] }: ErrorReasonOptions, path: string, isCalledByE2e: boolean): string {
  return [
    '',
    `Throw ${toCamel(name)}() of @gatehouse/contracts/${service}. Its words and their translations are in ${path}, and "npm run docs" writes its page.`,
    ...(method.length ? [] : ['No method raises it yet: name it in the error_reasons of each that will, or it comes out as INTERNAL.']),
    isCalledByE2e
      ? `Yours to write: ${method.length ? 'a row for each method' : 'then a row for each'} in apps/e2e/test/error-reasons.test.ts that provokes it; without one that test fails.`
      : `Yours to write: a test of each method in apps/${service}/test that provokes it.`,
  ].join('\n');
}
