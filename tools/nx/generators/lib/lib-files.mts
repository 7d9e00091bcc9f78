import { lowerFirst, toCamel, upperFirst } from '../../source/names.mts';

/** The files of a lib that has just been made, by their paths in its folder. */
export function toLibFiles(name: string): Readonly<Record<string, string>> {
  return { ...toProjectFiles(name), ...toSourceFiles(name) };
}

/** What makes a folder a project of the workspace. */
export function toProjectFiles(name: string): Readonly<Record<string, string>> {
  const project = {
    name,
    $schema: '../../node_modules/nx/schemas/project-schema.json',
    sourceRoot: `libs/${name}/src`,
    projectType: 'library',
    tags: [`lib:${name}`],
    targets: { typecheck: {} },
  };
  const tsconfig = {
    extends: '../../tsconfig.base.json',
    compilerOptions: { noEmit: true },
    include: ['src/**/*.ts', 'test/**/*.ts', '../../tools/types/*.d.ts'],
  };
  return {
    'project.json': JSON.stringify(project, null, 2),
    'tsconfig.json': JSON.stringify(tsconfig, null, 2),
    'jest.config.cjs': `module.exports = { ...require('../../jest.shared.cjs'), displayName: '${name}', rootDir: __dirname };\n`,
  };
}

/** The thing that the lib is named after, with nothing but a name, and its test. */
function toSourceFiles(name: string): Readonly<Record<string, string>> {
  const type = upperFirst(toCamel(name));
  const words = name.replaceAll('-', ' ');
  const create = `create${type}`;
  return {
    'src/index.ts': `export { ${create}, type ${type} } from './${name}';\n`,
    [`src/${name}.ts`]: `/** What the lib is about: it is told apart by its name. */
export interface ${type} {
  readonly name: string;
}

/** @throws RangeError where the name is empty */
export function ${create}(name: string): ${type} {
  if (!name) throw new RangeError('${words}: the name is empty, so nothing could tell it apart');
  return { name };
}
`,
    [`src/${name}.test.ts`]: `import { ${create} } from '.';

describe('${words}', () => {
  it('has the name that it was made with', () => {
    expect(${create}('${lowerFirst(type)}')).toEqual({ name: '${lowerFirst(type)}' });
  });

  it('is not made without one', () => {
    expect(() => ${create}('')).toThrow(RangeError);
  });
});
`,
  };
}
