export { lastRelease, type Release } from './last-release';
export { buildReleaseBundles } from './release-bundles';
