// A protoc plugin: the declared errors of a contract (gatehouse.api.v1.error_domain), one constructor a reason, and its
// services with the errors of each method.
import { type DescEnum, type DescMethod, type DescService, getOption, hasOption } from '@bufbuild/protobuf';
import { createEcmaScriptPlugin, type GeneratedFile, runNodeJs } from '@bufbuild/protoplugin';
import { type ErrorDeclaration, findOptions, type Options, readErrors } from './error-options.mts';

const lowerFirst = (text: string) => text[0]!.toLowerCase() + text.slice(1);
const camel = (upperSnake: string) => upperSnake.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
/** `UserErrorReason` has `userErrors`. */
const toMapName = ({ name }: DescEnum) => `${lowerFirst(name.replace(/ErrorReason$/, ''))}Errors`;

function printErrors(file: GeneratedFile, enumeration: DescEnum, errors: readonly ErrorDeclaration[]): void {
  const map = toMapName(enumeration);
  file.print(`/** The reasons of ${errors[0]!.domain}, as they are declared. */`);
  file.print(`export const ${map} = {`);
  for (const error of errors) file.print(`  ${error.reason}: ${JSON.stringify(error)},`);
  file.print(`} as const satisfies Readonly<Record<string, ErrorDeclaration>>;`);
  file.print(`export type ${enumeration.name} = keyof typeof ${map};`);
  file.print(`/** Every error of ${errors[0]!.domain}; its type is known by its reason. */`);
  file.print(`export type ${enumeration.name.replace(/Reason$/, '')} = ErrorsOf<typeof ${map}>;`);
  for (const { code, reason, message } of errors) {
    file.print('');
    file.print(`/** ${code} ${reason}: ${message.replaceAll('*/', '')}. */`);
    file.print(`export const ${camel(reason)} = declareError(${map}.${reason});`);
  }
  file.print('');
}

function printService(file: GeneratedFile, service: DescService, enumeration: DescEnum | undefined, options: Options): void {
  const definition = `${service.name}Definition`;
  const toErrors = (method: DescMethod) =>
    (getOption(method, options.reasons) as string[]).map((reason) => {
      if (!enumeration?.values.some(({ name }) => name.endsWith(`_REASON_${reason}`)))
        throw new Error(`${service.name}/${method.name}: its contract declares no reason ${reason}`);
      return `${reason}: ${toMapName(enumeration)}.${reason}`;
    });
  file.print(`/** ${service.name}, and the errors that each of its methods may raise beside the platform's. */`);
  file.print(`export const ${definition} = {`);
  file.print(`  ...${service.name}Methods,`);
  file.print('  errors: {');
  for (const method of service.methods) file.print(`    ${lowerFirst(method.name)}: { ${toErrors(method).join(', ')} },`);
  file.print('  },');
  file.print('} as const;');
  file.print(`export type ${definition} = typeof ${definition};`);
}

runNodeJs(
  createEcmaScriptPlugin({
    name: 'protoc-gen-errors',
    version: 'v2',
    generateTs(schema) {
      const options = findOptions(schema.files);
      if (!options) return; // a contract without Gatehouse's options
      const enums = schema.files.flatMap((file) => file.enums).filter((enumeration) => hasOption(enumeration, options.domain));
      const services = schema.files.flatMap((file) => file.services.map((service) => ({ file, service })));
      const out = schema.generateFile('errors.ts');
      if (enums.length) out.print("import { declareError, type ErrorDeclaration, type ErrorsOf } from '@gatehouse/errors';");
      for (const { file, service } of services) out.print(`import { ${service.name}Definition as ${service.name}Methods } from './${file.name}';`);
      out.print('');
      for (const enumeration of enums) printErrors(out, enumeration, readErrors(enumeration, options));
      for (const { file, service } of services)
        printService(
          out,
          service,
          enums.find((each) => each.file.proto.package === file.proto.package),
          options,
        );
    },
  }),
);
