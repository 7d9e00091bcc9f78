// Generates one contract: `contract.mts <out> <proto root> <package folder>…`, folders under the root.
// Gives <out>/… ts-proto types and generic service definitions, <out>/errors.ts the error constructors,
// and <out>/descriptor-set.ts the descriptor set with all imports, options kept.
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildImage } from './build-image.mts';

const [out, directory, ...packages] = process.argv.slice(2);
if (!out || !directory || packages.length === 0) throw new Error('usage: contract.mts <out> <proto root> <package folder>…');
const paths = packages.map((folder) => `${directory}/${folder}`);

// without source info, as tokens.mjs: a comment does not change the code
const image = buildImage(directory, '--exclude-source-info', ...paths.flatMap((path) => ['--path', path]));
// options have no use in the generated types: services read them from the descriptor set
const optionPackages = ['buf.validate', 'google.api', 'gatehouse.api.v1'];
const excluded = fromBinary(FileDescriptorSetSchema, image)
  .file.filter(({ package: name }) => optionPackages.includes(name))
  .flatMap((file) => [...file.messageType, ...file.enumType, ...file.extension].map(({ name }) => `${file.package}.${name}`))
  // the one of them that is a type of requests and responses
  .filter((name) => name !== 'google.api.HttpBody');

const template = {
  version: 'v2',
  inputs: [{ binary_image: '-', exclude_types: excluded }],
  plugins: [
    {
      local: 'protoc-gen-ts_proto',
      out,
      strategy: 'all',
      include_imports: true,
      opt: [
        'outputServices=generic-definitions',
        'esModuleInterop=true',
        'env=node',
        'forceLong=bigint',
        'useOptionals=messages',
        'useExactTypes=false',
        'oneof=unions-value',
        'snakeToCamel=keys',
        'outputJsonMethods=false',
        'unrecognizedEnum=false',
        'outputIndex=false',
      ],
    },
  ],
};

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
execFileSync('buf', ['generate', '--template', JSON.stringify(template)], { input: image, stdio: ['pipe', 'inherit', 'inherit'] });
execFileSync('node', ['tools/generate/errors.mts', out, directory, ...packages], { stdio: 'inherit' });
writeFileSync(join(out, 'descriptor-set.ts'), `export const descriptorSet: Uint8Array = Buffer.from('${image.toString('base64')}', 'base64');\n`);
