import ts from 'typescript';
import { type Manifest, moduleOf, nameOf } from './models.mts';

interface Model {
  validate(): void;
}

/**
 * What is wrong with manifests by the schemas of Kubernetes, one sentence each; nothing when all is well. Types, formats and
 * what is required are asked of the schemas' validators, which pass over keys that they do not know; of those the compiler
 * tells, to which a key too many in a literal is an error (TypeScript's excess property check).
 */
export async function validateManifests(manifests: readonly Manifest[]): Promise<string[]> {
  const values = await Promise.all(manifests.map(validateValues));
  const unknown = manifests
    .filter((_, index) => values[index] === undefined)
    .map((manifest) => `${nameOf(manifest)}: there is no ${manifest.kind} in ${manifest.apiVersion}`);
  return [...unknown, ...values.flatMap((problems) => problems ?? []), ...validateKeys(manifests.filter((_, index) => values[index] !== undefined))];
}

async function validateValues(manifest: Manifest): Promise<string[] | undefined> {
  const found: Record<string, new (data: Manifest) => Model> | undefined = await import(moduleOf(manifest)).catch(() => undefined);
  const kind = found?.[manifest.kind];
  if (!kind) return undefined;
  try {
    new kind(manifest).validate();
    return [];
  } catch (error) {
    return [`${nameOf(manifest)}: ${(error as Error).message}`];
  }
}

const options: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  target: ts.ScriptTarget.ES2022,
};

function validateKeys(manifests: readonly Manifest[]): string[] {
  const file = `${process.cwd()}/manifests.ts`;
  // one line a manifest
  const text = manifests
    .map((manifest, index) => `export const manifest${index}: import('${moduleOf(manifest)}').I${manifest.kind} = ${JSON.stringify(manifest)};`)
    .join('\n');
  const host = ts.createCompilerHost(options);
  const readFromDisk = host.getSourceFile;
  host.getSourceFile = (name, ...rest) => (name === file ? ts.createSourceFile(name, text, options.target!) : readFromDisk(name, ...rest));
  const source = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(source).map(({ file: at, start = 0, messageText }) => {
    const manifest = at?.fileName === file ? manifests[at.getLineAndCharacterOfPosition(start).line] : undefined;
    return `${manifest ? nameOf(manifest) : at?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}
