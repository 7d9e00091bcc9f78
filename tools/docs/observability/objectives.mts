// How well each method of the contract is to serve: its option (gatehouse.api.v1.objective), or what a method without one has.
import { createFileRegistry, type DescMethod, fromBinary, getOption, hasOption } from '@bufbuild/protobuf';
import { type Duration, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { execFileSync } from 'node:child_process';

export interface Objective {
  /** As the label `rpc_method` has it. */
  readonly method: string;
  /** Share of the calls that do not fail by the fault of who serves them, 0 to 1. */
  readonly availability: number;
  /** How soon, in seconds, `share` of the good answers is there; a stream has no such time. */
  readonly latency?: { readonly seconds: number; readonly share: number };
}

interface ObjectiveOption {
  readonly availability: number;
  readonly latency?: Duration;
  readonly latencyRatio: number;
}

const fallback = { availability: 0.999, seconds: 0.25, share: 0.99 };
// those of the histograms in libs/observability: between two of them nothing can be told
const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
// with less, the steepest alert would ask for more failures than there are calls
const least = 0.94;

/** The objectives of every method under a proto root, in the order of the contract. @throws Error for one that no alert can watch over */
export function readObjectives(root: string): Objective[] {
  const image = execFileSync('buf', ['build', root, '--exclude-source-info', '-o', '-'], { maxBuffer: 64 << 20 });
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
  const extension = registry.getExtension('gatehouse.api.v1.objective');
  if (!extension) throw new Error('gatehouse.api.v1.objective is no option of the contract');
  return [...registry.files]
    .flatMap(({ services }) => services)
    .filter(({ typeName }) => typeName.startsWith('gatehouse.'))
    .flatMap(({ methods }) => methods)
    .map((method) => toObjective(method, hasOption(method, extension) ? (getOption(method, extension) as ObjectiveOption) : undefined));
}

function toObjective(descriptor: DescMethod, option: ObjectiveOption | undefined): Objective {
  const method = `${descriptor.parent.typeName}/${descriptor.name}`;
  const availability = option?.availability || fallback.availability;
  const share = option?.latencyRatio || fallback.share;
  const seconds = option?.latency ? Number(option.latency.seconds) + option.latency.nanos / 1e9 : fallback.seconds;
  for (const ratio of [availability, share])
    if (ratio < least || ratio >= 1) throw new Error(`${method}: an objective of ${ratio} cannot be watched over, only one from ${least} to below 1`);
  if (!bounds.includes(seconds)) throw new Error(`${method}: ${seconds} s is no bound of the histogram: ${bounds.join(', ')}`);
  return { method, availability, ...(descriptor.methodKind === 'unary' ? { latency: { seconds, share } } : {}) };
}
