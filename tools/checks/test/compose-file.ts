import Ajv from 'ajv';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspace } from './kubernetes-cluster';

// named by an address that is none of the draft's
const { $schema: _draft, ...schema } = JSON.parse(readFileSync(join(workspace, 'tools/checks/third_party/compose-spec/compose-spec.json'), 'utf8'));
const check = new Ajv({ allErrors: true, allowUnionTypes: true, strictTypes: false, strictRequired: false }).compile(schema);

/** What is wrong with a file by the Compose Specification, one sentence each. */
export function validateCompose(file: unknown): string[] {
  return check(file) ? [] : check.errors!.map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
}
