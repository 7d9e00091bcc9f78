import { createOpenApiDocument, toYaml } from '../src';
import { descriptorSet } from './gen/documents/descriptor-set';
it('x', () => {
  const d = createOpenApiDocument({ descriptors: descriptorSet, info: { title: 'T', version: '1' } });
  require('fs').writeFileSync('/tmp/doc.yaml', toYaml(d));
});
