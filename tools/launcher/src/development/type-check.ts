import { checkTypes } from './commands';

/** Looks at the types of services, one after the other, beside what else goes on: what does not fit is told and stops nothing. */
export function createTypeCheck(root: string, hasColors: boolean, tell: (text: string) => void) {
  const waiting = new Set<string>();
  const misfits = new Map<string, string>();
  let isWorking = false;

  const work = async () => {
    for (const service of waiting) {
      waiting.delete(service);
      const { isGood, output } = await checkTypes(root, `apps/${service}`, hasColors);
      const before = misfits.get(service);
      if (isGood) {
        misfits.delete(service);
        if (before !== undefined) tell(`${service}: its types fit again`);
      } else {
        misfits.set(service, output);
        if (before !== output) tell(`${service}: its types do not fit, it runs nonetheless\n${output}`);
      }
    }
  };

  return {
    check(services: readonly string[]): void {
      for (const service of services) waiting.add(service);
      if (isWorking) return;
      isWorking = true;
      void work().finally(() => (isWorking = false));
    },
  };
}
