/**
 * Makes the npm packages that a target says it reads (`externalDependencies` of its inputs) dependencies of its project. An update of the lock file
 * then reaches whom it concerns: who imports a package, and who is generated, built, tested or linted by it.
 * @type {import('nx/src/project-graph/plugins').CreateDependencies<undefined>}
 */
const createDependencies = (_options, { projects, externalNodes, nxJsonConfiguration }) =>
  Object.entries(projects).flatMap(([source, project]) => {
    const named = { ...nxJsonConfiguration.namedInputs, ...project.namedInputs };
    const packagesOf = (inputs = []) =>
      inputs.flatMap((input) => {
        if (typeof input === 'string') return packagesOf(named[input]);
        return input.externalDependencies ?? [];
      });
    const names = new Set(Object.values(project.targets ?? {}).flatMap(({ inputs }) => packagesOf(inputs)));
    return [...names].flatMap((name) => (externalNodes[`npm:${name}`] ? [{ source, target: `npm:${name}`, type: 'implicit' }] : []));
  });

module.exports = { name: 'gatehouse/input-dependencies', createDependencies };
