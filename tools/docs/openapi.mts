// Writes docs/openapi.yaml from the contracts that the gateway serves; with --check says whether it is current.
import { loadGatewayCode } from './gateway-code.mts';
import { publish } from './page.mts';

const { createGatewayYaml } = await loadGatewayCode<{ createGatewayYaml: () => string }>('apps/gateway/src/openapi.ts');
publish('docs/openapi.yaml', `# Made from proto/ by \`npm run docs\`; change that, not this page.\n${createGatewayYaml()}`, 'the contracts');
