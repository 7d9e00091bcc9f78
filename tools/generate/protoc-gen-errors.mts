// A protoc plugin: for each enum marked with (gatehouse.api.v1.error_domain), one constructor a reason.
import { getOption, hasOption, type DescEnum, type DescExtension, type DescFile } from '@bufbuild/protobuf';
import { createEcmaScriptPlugin, runNodeJs, type Schema } from '@bufbuild/protoplugin';

type ErrorReason = { code: string; message: string; metadata: string[]; httpStatus: number };

const camel = (upperSnake: string) => upperSnake.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const upperSnake = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();

function findExtension(schema: Schema, typeName: string): DescExtension | undefined {
  const seen = new Set<DescFile>();
  const walk = (file: DescFile): DescExtension | undefined => {
    if (seen.has(file)) return undefined;
    seen.add(file);
    return file.extensions.find((extension) => extension.typeName === typeName) ?? file.dependencies.map(walk).find(Boolean);
  };
  return schema.files.map(walk).find(Boolean);
}

function printEnum(enumeration: DescEnum, domainOption: DescExtension, errorOption: DescExtension): string[] {
  const domain = getOption(enumeration, domainOption) as string;
  const prefix = `${upperSnake(enumeration.name)}_`;
  const reasons: string[] = [];
  const lines: string[] = [];
  for (const value of enumeration.values) {
    if (value.number === 0) continue;
    if (!hasOption(value, errorOption)) throw new Error(`${value.name} has no (gatehouse.api.v1.error)`);
    const { code, message, metadata, httpStatus } = getOption(value, errorOption) as ErrorReason;
    const reason = value.name.slice(prefix.length);
    reasons.push(reason);
    const parameter = metadata.length ? `metadata: { ${metadata.map((key) => `${key}: string`).join('; ')} }, ` : '';
    const fields = [
      `code: '${code}'`,
      `reason: '${reason}'`,
      `domain: '${domain}'`,
      `message: ${JSON.stringify(message)}`,
      ...(metadata.length ? ['metadata'] : []),
      ...(httpStatus ? [`httpStatus: ${httpStatus}`] : []),
    ];
    const title = message.replaceAll('*/', '');
    lines.push(
      `/** ${code} ${reason}: ${title}. */`,
      `export const ${camel(reason)} = (${parameter}options: ErrorOptions = {}) => new AppError({ ${fields.join(', ')}, ...options });`,
      '',
    );
  }
  return [`export type ${enumeration.name} = ${reasons.map((reason) => `'${reason}'`).join(' | ')};`, '', ...lines];
}

runNodeJs(
  createEcmaScriptPlugin({
    name: 'protoc-gen-errors',
    version: 'v1',
    generateTs(schema) {
      const domainOption = findExtension(schema, 'gatehouse.api.v1.error_domain');
      const errorOption = findExtension(schema, 'gatehouse.api.v1.error');
      if (!domainOption || !errorOption) return; // a contract without reasons of its own
      const enums = schema.files.flatMap((file) => file.enums).filter((enumeration) => hasOption(enumeration, domainOption));
      const file = schema.generateFile('errors.ts');
      file.print("import { AppError, type ErrorOptions } from '@gatehouse/errors';");
      file.print('');
      for (const enumeration of enums) for (const line of printEnum(enumeration, domainOption, errorOption)) file.print(line);
    },
  }),
);
