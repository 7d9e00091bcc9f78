import { execFileSync } from 'node:child_process';

/** The account for a program that refuses to run as root; none where we are not root, and run it as ourselves. */
export function findAccount(name: string): { uid: number; gid: number } | undefined {
  const idOf = (option: '-u' | '-g') => Number(execFileSync('id', [option, name], { encoding: 'utf8' }));
  return process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : undefined;
}
