import { createFileRegistry, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A .proto file as it is written, with where each of its elements stands. */
export interface ProtoFile {
  /** From the workspace's root. */
  readonly path: string;
  readonly text: string;
  readonly descriptor: FileDescriptorProto;
  /**
   * Begin and end of an element by its path in the descriptor (descriptor.proto, SourceCodeInfo), the last one that has it.
   * @throws Error where the file has no such element
   */
  find(path: readonly number[]): { readonly at: number; readonly to: number };
  has(path: readonly number[]): boolean;
}

/** One package of the contract. */
export interface Contract {
  /** `user`, of gatehouse.user.v1. */
  readonly name: string;
  readonly files: readonly ProtoFile[];
  /** Every package of the contract, with all that they import. */
  readonly registry: FileRegistry;
}

/** Numbers of descriptor.proto that paths are made of. */
export const element = { import: 3, message: 4, enumeration: 5, service: 6, method: 2, options: { method: 4 } } as const;

const buf = (root: string, args: readonly string[]) =>
  execFileSync(join(root, 'node_modules/.bin/buf'), args, { cwd: root, maxBuffer: 64 << 20, stdio: ['ignore', 'pipe', 'pipe'] });

/** Names of the packages under proto/gatehouse that have a service. */
const listContracts = (root: string): string[] =>
  readdirSync(join(root, 'proto/gatehouse'))
    .filter((name) => name !== 'api')
    .sort();

/**
 * Reads a package of the contract with buf.
 * @throws Error where there is no such package, or buf cannot read it
 */
export function readContract(root: string, name: string): Contract {
  const known = listContracts(root);
  if (!known.includes(name))
    throw new Error(`there is no service "${name}" in proto/gatehouse: take one of ${known.join(', ')}, or make it with gatehouse:service`);
  if (!existsSync(join(root, 'third_party/proto'))) execFileSync(process.execPath, ['tools/generate/third-party.mts'], { cwd: root, stdio: 'ignore' });
  const set = fromBinary(FileDescriptorSetSchema, build(root));
  const files = set.file.filter((file) => file.package.startsWith(`gatehouse.${name}.`)).map((descriptor) => toProtoFile(root, descriptor));
  return { name, files, registry: createFileRegistry(set) };
}

function build(root: string): Uint8Array {
  try {
    return buf(root, ['build', 'proto', '-o', '-']);
  } catch (error) {
    throw new Error(`buf cannot read proto, so mend it first: ${String((error as { stderr?: Buffer }).stderr).trim()}`, { cause: error });
  }
}

function toProtoFile(root: string, descriptor: FileDescriptorProto): ProtoFile {
  const path = `proto/${descriptor.name}`;
  const text = readFileSync(join(root, path), 'utf8');
  const lines = text.split('\n');
  const begins: number[] = [];
  lines.reduce((begin, line) => (begins.push(begin), begin + line.length + 1), 0);
  const spans = new Map(descriptor.sourceCodeInfo?.location.map(({ path: key, span }) => [key.join('.'), span]));
  return {
    path,
    text,
    descriptor,
    has: (key) => spans.has(key.join('.')),
    find(key) {
      const [line, column, ...end] = spans.get(key.join('.')) ?? [];
      if (line === undefined || column === undefined) throw new Error(`${path} has nothing at ${key.join('.')}`);
      const [endLine, endColumn] = end.length === 2 ? (end as [number, number]) : [line, end[0]!];
      return { at: begins[line]! + column, to: begins[endLine]! + endColumn };
    },
  };
}

/** A .proto file in the form that buf gives it. */
export function formatProto(root: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-proto-'));
  try {
    writeFileSync(join(folder, 'file.proto'), text);
    return buf(root, ['format', folder]).toString();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
