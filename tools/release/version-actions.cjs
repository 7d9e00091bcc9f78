// How `nx release` reads and writes the version: one for the three services, in package.json; docs/releases.json tells later
// checks which commit it was made of, since a clone may have no tags.
const { execFileSync } = require('node:child_process');
const { VersionActions } = require('nx/release');

const manifest = 'package.json';
const releases = 'docs/releases.json';
const read = (tree, file) => JSON.parse(tree.read(file, 'utf8'));

class WorkspaceVersionActions extends VersionActions {
  // that of the workspace: no service has its own
  validManifestFilenames = [manifest];

  async readCurrentVersionFromSourceManifest(tree) {
    return { currentVersion: read(tree, manifest).version, manifestPath: manifest };
  }

  async readCurrentVersionFromRegistry() {
    return null;
  }

  async readCurrentVersionOfDependency() {
    return { currentVersion: null, dependencyCollection: null };
  }

  async updateProjectDependencies() {
    return [];
  }

  /** Called for each service with the same version. */
  async updateProjectVersion(tree, version) {
    const made = read(tree, releases);
    if (made.at(-1)?.version === version) return [];
    tree.write(manifest, tree.read(manifest, 'utf8').replace(/"version": "[^"]+"/, `"version": "${version}"`));
    const lock = read(tree, 'package-lock.json');
    lock.version = lock.packages[''].version = version;
    tree.write('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
    made.push({ version, commit: execFileSync('git', ['rev-parse', 'HEAD'], { cwd: tree.root, encoding: 'utf8' }).trim() });
    tree.write(releases, `[\n${made.map((release) => `  { "version": "${release.version}", "commit": "${release.commit}" }`).join(',\n')}\n]\n`);
    return [`version ${version} is in ${manifest}, and of which commit it is made in ${releases}`];
  }
}

module.exports = WorkspaceVersionActions;
