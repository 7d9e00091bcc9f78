// What two linters say of an OpenAPI document: `lint-openapi.mts <file>` prints their findings, one a line. Nothing is asked of
// the network.
import { createConfig, lintFromString } from '@redocly/openapi-core';
import spectral from '@stoplight/spectral-core';
import parsers from '@stoplight/spectral-parsers';
import rulesets from '@stoplight/spectral-rulesets';
import { readFileSync } from 'node:fs';

const [file] = process.argv.slice(2);
if (!file) throw new Error('usage: lint-openapi.mts <file>');
const source = readFileSync(file, 'utf8');

const config = await createConfig({
  extends: ['recommended-strict'],
  rules: { 'no-invalid-media-type-examples': 'error', 'no-invalid-parameter-examples': 'error' },
});
for (const { severity, ruleId, message, location } of await lintFromString({ source, absoluteRef: file, config }))
  console.log(`redocly ${severity} ${ruleId} ${location[0]?.pointer} ${message}`);

const linter = new spectral.Spectral();
// the names that a bearer token must hold are no scopes of OAuth: OpenAPI 3.1 has them, and the rule does not know; redocly checks
// that the scheme is there
linter.setRuleset({ extends: [rulesets.oas as never], rules: { 'info-contact': 'off', 'oas3-operation-security-defined': 'off' } });
for (const { severity, code, message, path } of await linter.run(new spectral.Document(source, parsers.Yaml, file)))
  console.log(`spectral ${['error', 'warn', 'info', 'hint'][severity]} ${code} ${path.join('/')} ${message}`);
