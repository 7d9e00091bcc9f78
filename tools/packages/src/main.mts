// Makes the npm package of a lib: `main.mts <project root> <project name> [<out>]`, into dist/packages unless it is said.
import { createPackage } from './create-package.mts';

const [root, project, out = 'dist/packages'] = process.argv.slice(2);
if (!root || !project) {
  console.error('usage: main.mts <project root> <project name> [<out>]');
  process.exit(2);
}
await createPackage(root, project, out).catch((error: Error) => {
  console.error(`${root}: no package was made of it: ${error.message}`);
  process.exitCode = 1;
});
