// A small app, run by run-app.test.ts as a process of its own. APP_SCENE says what goes wrong.
import { createObservability } from '@gatehouse/observability';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { type App, createAdminServer, createReadiness, port, processConfig, readConfig, runApp, secretKey, withPortSetting } from '../../src';

const schema = z.object({ ...processConfig, APP_PORT: port, APP_KEY: secretKey.optional(), APP_SCENE: z.string().default('') });
const say = (event: object) => console.log(JSON.stringify(event));

function createApp(): App {
  const config = readConfig(schema, process.env);
  const scene = config.APP_SCENE;
  if (scene === 'breaks at the start') throw new Error('the start broke');
  const server = createServer(async (_request, response) => {
    say({ event: 'asked' });
    await pause(300);
    response.end('answered');
  });
  const readiness = createReadiness({ checks: [], onChange: (ready) => say({ event: 'ready', ready }) });
  const { logLevel } = createObservability({ service: 'app', version: '1', logLevel: 'warn' });
  const admin = createAdminServer({ readiness, metrics: async () => ({ contentType: 'text/plain', body: '' }), logLevel });
  return {
    logger: { error: (message, fields) => say({ event: 'error', message, error: String(fields?.exception) }) },
    shutdown: { graceMs: config.SHUTDOWN_GRACE_MS, timeoutMs: config.SHUTDOWN_TIMEOUT_MS },
    async listen() {
      say({ event: 'starting' });
      if (scene === 'starts slowly') await pause(300);
      await withPortSetting(
        'APP_PORT',
        () => new Promise<void>((resolve, reject) => server.once('error', reject).listen(config.APP_PORT, '127.0.0.1', resolve)),
      );
      const adminPort = await admin.listen('127.0.0.1', 0);
      await readiness.start();
      say({ event: 'listening', port: (server.address() as AddressInfo).port, adminPort });
      if (scene === 'rejects') void Promise.reject(new Error('a stray promise'));
      if (scene === 'throws') setImmediate(() => void JSON.parse('{'));
    },
    drain: readiness.drain,
    async close() {
      say({ event: 'closing' });
      if (scene === 'never closes') await new Promise(() => undefined);
      if (scene === 'breaks at the end') throw new Error('the end broke');
      readiness.close();
      await Promise.all([new Promise((resolve) => server.close(resolve)), admin.close()]);
      say({ event: 'closed' });
    },
  };
}

void runApp(createApp);
