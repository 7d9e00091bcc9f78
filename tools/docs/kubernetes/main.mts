// `npm run kubernetes`: writes rendered.yaml of each overlay; with --check says which are not current. Needs kubectl with Kustomize 5.
import { publish } from '../page.mts';
import { overlays, render, renderedFile } from './rendered.mts';

for (const overlay of overlays) publish(renderedFile(overlay), render(overlay), 'the manifests', 'npm run kubernetes');
