import { createObservability } from '../../src';

const { logger } = createObservability({ service: 'dying', version: '1', logLevel: 'info' });
logger.info('call', { request_id: 'the last' });
if (process.argv[2] === 'exit') process.exit(3);
else throw new Error('nobody catches this');
