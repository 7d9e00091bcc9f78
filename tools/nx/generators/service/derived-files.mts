// What every service has in the same form is not written down a second time: it is taken from apps/user, under the new names.
import type { Tree } from '@nx/devkit';
import type { Names } from './names.mts';
import type { Wishes } from './wishes.mts';

/** Something in a file that belongs to apps/user alone. */
type Edit = readonly [belongs: string | RegExp, instead: string];

const contract = (file: string) => `libs/contracts/user/${file}`;
const app = (file: string) => `apps/user/${file}`;

const files: Readonly<Record<string, (wishes: Wishes) => readonly Edit[]>> = {
  [contract('project.json')]: () => [],
  [contract('tsconfig.json')]: () => [],
  [app('jest.config.cjs')]: () => [],
  [app('tsconfig.json')]: () => [],
  [app('project.json')]: ({ ports }) => [
    [/"grpc": \d+/, `"grpc": ${ports.grpc}`],
    [/"admin": \d+/, `"admin": ${ports.admin}`],
  ],
  [app('src/main.ts')]: () => [],
  [app('src/config.ts')]: ({ ports }) => [
    ['port.default(50_051)', `port.default(${toLiteral(ports.grpc)})`],
    ['port.default(9_051)', `port.default(${toLiteral(ports.admin)})`],
    [/\n *USER_DELETED_RETENTION_DAYS[^\n]*/, ''],
  ],
};

/** The ports of apps/user in a text, as those of the new service. */
export const renumber = (text: string, { ports, services }: Wishes): string => {
  const user = services.find(({ name }) => name === 'user')!.ports;
  return text.replaceAll(String(user.grpc), String(ports.grpc)).replaceAll(String(user.admin), String(ports.admin));
};

/** Files that are taken from apps/user and its contract. */
export const derivedFiles: readonly string[] = Object.keys(files);

/** A number as the house writes it: `50_053`. */
const toLiteral = (value: number) => value.toLocaleString('en-US').replaceAll(',', '_');

/** A text about `user`, about another service; what `user` means to a URL and to Kubernetes stays. */
export const rename = (text: string, { service, Service, SERVICE }: Pick<Names, 'service' | 'Service' | 'SERVICE'>): string =>
  text
    .replace(/(?<!:\/\/)user/g, service)
    .replace(/(?<!runAs)User/g, Service)
    .replaceAll('USER', SERVICE);

/**
 * Writes what the new service has in the form of apps/user.
 * @throws Error where that has changed so that it cannot be taken over
 */
export function addDerivedFiles(tree: Tree, wishes: Wishes): void {
  for (const [file, toEdits] of Object.entries(files)) {
    const original = tree.read(file, 'utf8');
    if (original === null) throw new Error(`${file} is not there any more: tell tools/nx/generators/service/derived-files.mts where it went`);
    let text = original;
    for (const [belongs, instead] of toEdits(wishes)) {
      const next = text.replace(belongs, instead);
      if (next === text)
        throw new Error(`${file} has no ${String(belongs)} any more: tell tools/nx/generators/service/derived-files.mts what belongs to user alone`);
      text = next;
    }
    tree.write(rename(file, wishes.names), rename(text, wishes.names));
  }
}
