// What there is on the machine beside what npm brings.
import { execFileSync } from 'node:child_process';

/**
 * Whether a command is there.
 * @param probe a line of the shell that succeeds where it is, when its name in the PATH does not do
 */
export function isThere(command: string, probe = `command -v ${command}`): boolean {
  try {
    execFileSync('sh', ['-c', probe], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The commands that are not in the PATH. */
export const findMissing = (commands: readonly string[]): string[] => commands.filter((command) => !isThere(command));
