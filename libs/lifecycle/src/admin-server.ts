import type { LogLevelSetting } from '@gatehouse/observability';
import fastify from 'fastify';
import type { AddressInfo } from 'node:net';
import { noSchemas } from './no-schemas';
import type { Readiness } from './readiness';
import { serveLogLevel } from './serve-log-level';

export interface AdminServerOptions {
  readiness: Pick<Readiness, 'report'>;
  /** Gives the metrics in the format that the Accept header likes best. */
  metrics: (accept: string | undefined) => Promise<{ contentType: string; body: string }>;
  logLevel: LogLevelSetting;
}

export interface AdminServer {
  /**
   * Listens; port 0 takes a free one. Gives the port.
   * @throws an error with `code` EADDRINUSE and `port` when the port is taken.
   */
  listen(host: string, port: number): Promise<number>;
  close(): Promise<void>;
}

/** What the operator asks of a process: is it alive, can it serve, what does it measure, how much does it log. */
export function createAdminServer({ readiness, metrics, logLevel }: AdminServerOptions): AdminServer {
  const app = fastify({ ...noSchemas, logger: false, forceCloseConnections: true, requestTimeout: 10_000 });
  app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'));
  // without these two, fastify answers with the text of the error and the path that was asked for
  app.setErrorHandler((_error, _request, reply) => reply.code(500).send({ error: 'internal error' }));
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not found' }));

  app.get('/livez', async () => ({ alive: true }));
  app.get('/readyz', async (_request, reply) => {
    const report = readiness.report();
    return reply.code(report.ready ? 200 : 503).send(report);
  });
  app.get('/metrics', async ({ headers }, reply) => {
    const { contentType, body } = await metrics(headers.accept);
    return reply.header('content-type', contentType).header('vary', 'accept').send(body);
  });
  serveLogLevel(app, logLevel);
  return {
    async listen(host, port) {
      await app.listen({ host, port });
      return (app.server.address() as AddressInfo).port;
    },
    close: () => app.close(),
  };
}
