import type { Tree } from '@nx/devkit';
import { execFileSync } from 'node:child_process';
import { applyEdits } from '../../source/text-edits.mts';
import { appendMember, importAs, parseTypeScript } from '../../source/typescript-source.mts';
import { toHandlerText } from './handler-text.mts';
import { findImplementations } from './implementations.mts';
import { toFirstAnswer } from './method-text.mts';
import type { MethodPlan } from './plan-method.mts';

/** A file that implements a service: as it is shipped, or as tests and benchmarks stand in for it. */
interface ServedIn {
  readonly path: string;
  readonly definition: string;
  readonly keepsWrites: boolean;
}

/** Every file that implements the service; the one that is shipped comes first. Empty where that one is missing. */
export function findServices(tree: Tree, definition: string): ServedIn[] {
  const files = execFileSync('git', ['grep', '-l', '-w', '--untracked', definition, '--', 'apps/**/*.ts', 'libs/**/*.ts', 'tools/**/*.ts'], {
    cwd: tree.root,
    encoding: 'utf8',
  });
  const found = files
    .split('\n')
    .filter((path) => path && tree.exists(path))
    .flatMap((path) => {
      const [first] = findImplementations(parseTypeScript(path, tree.read(path, 'utf8')!), definition);
      return first ? [{ path, definition, keepsWrites: first.keepsWrites }] : [];
    });
  const shipped = found.find(({ path }) => /^apps\/[^/]+\/src\//.test(path));
  return shipped ? [shipped, ...found.filter((each) => each !== shipped)] : [];
}

/** Gives each object that implements the service in a file a handler of the method. */
export function addHandlers(tree: Tree, { path, definition }: ServedIn, plan: MethodPlan, service: string): void {
  const text = tree.read(path, 'utf8')!;
  const file = parseTypeScript(path, text);
  // the wire's type, beside a domain type of the same name
  const message = `${plan.resource}Message`;
  const handlers = findImplementations(file, definition).map(({ object, keepsWrites }) => appendMember(object, toHandlerText(plan, { keepsWrites, message })));
  const imports = toFirstAnswer(plan).includes('.fromPartial') ? importAs(file, `@gatehouse/contracts/${service}`, plan.resource!, message) : [];
  tree.write(path, applyEdits(text, [...imports, ...handlers]));
}
