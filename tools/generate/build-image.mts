import { spawnSync } from 'node:child_process';

/**
 * The descriptor set that `buf build` makes.
 * @param args what of, as buf takes it
 * Where buf refuses, it has said what and where, and this process ends with it.
 */
export function buildImage(...args: readonly string[]): Buffer {
  const { status, stdout, error } = spawnSync('buf', ['build', ...args, '-o', '-'], { maxBuffer: 64 << 20, stdio: ['ignore', 'pipe', 'inherit'] });
  if (error) throw error;
  if (status !== 0) process.exit(1);
  return stdout;
}
