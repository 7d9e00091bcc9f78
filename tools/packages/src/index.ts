export { outputs } from './outputs';
export { examples, installByLinks, installByNpm, makeScratchProject, projects, type ScratchProject, tarballOf, workspace } from './scratch-project';
