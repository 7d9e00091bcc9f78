import { logLevels, type LogLevelSetting } from '@gatehouse/observability';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { BlockList } from 'node:net';
import { z } from 'zod';

// a forgotten `debug` ends within a day
const maxSeconds = 86_400;
const change = z.strictObject({ level: z.enum(logLevels), seconds: z.number().int().min(1).max(maxSeconds).optional() });
const usage = {
  error: `the body must be JSON: {"level": one of ${logLevels.join(', ')}, "seconds": 1 to ${maxSeconds}, or left out for as long as the process lives}`,
};

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/**
 * `GET /loglevel`, and `PUT /loglevel` with `{"level":"debug","seconds":300}`. Probes and scrapers reach the admin port from
 * elsewhere; who changes the process has to be on its machine, and no page in a browser.
 */
export function serveLogLevel(app: FastifyInstance, logLevel: LogLevelSetting): void {
  app.get('/loglevel', async () => logLevel.read());
  // what is no JSON is refused before it gets there
  const refuse = (reply: FastifyReply) => reply.code(400).send(usage);
  app.put('/loglevel', { bodyLimit: 1_024, errorHandler: (_error, _request, reply) => refuse(reply) }, async (request, reply) => {
    const peer = request.raw.socket.remoteAddress ?? '';
    const isHere = loopback.check(peer, peer.includes(':') ? 'ipv6' : 'ipv4');
    if (!isHere || request.headers.origin !== undefined)
      return reply.code(403).send({ error: 'the log level is changed from the same machine, and not by a web page' });
    const { success, data } = change.safeParse(request.body);
    if (!success) return refuse(reply);
    logLevel.set(data.level, data.seconds);
    return logLevel.read();
  });
  app.addHook('onClose', async () => logLevel.close());
}
