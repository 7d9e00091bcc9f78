import { createChannel } from '@gatehouse/rpc';
import fastify from 'fastify';
import { createTranscoder } from '../../src';
import { descriptorSet } from '../gen/warehouse/descriptor-set';

// A process with a transcoder and nothing else, whose memory its parent may ask for. Its argument is the service's target.
const [, , target] = process.argv;
const channel = createChannel({ target: target!, descriptorSets: [descriptorSet] });
const app = fastify({ rewriteUrl: () => '/' });
createTranscoder({ descriptors: descriptorSet, upstreams: new Map([['test.warehouse.v1', channel]]), maxDeadlineMs: 1_800_000 }).register(app);
process.on('message', () => process.send!(process.memoryUsage().rss));
void app.listen({ port: 0, host: '127.0.0.1' }).then(() => process.send!(app.server.address()));
process.on('disconnect', () => process.exit(0));
