import { z } from 'zod';
import { telemetryConfig } from './telemetry-config';

const schema = z.object(telemetryConfig);

describe('the settings', () => {
  it('need none to be given', () => {
    expect(schema.parse({})).toEqual({ LOG_LEVEL: 'info', SERVICE_VERSION: 'dev', OTEL_TRACES_SAMPLER_ARG: 1 });
  });

  it('are read from texts', () => {
    expect(schema.parse({ LOG_LEVEL: 'warn', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_TRACES_SAMPLER_ARG: '0.25' })).toMatchObject({
      LOG_LEVEL: 'warn',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      OTEL_TRACES_SAMPLER_ARG: 0.25,
    });
  });

  it.each([
    ['LOG_LEVEL', 'verbose'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_TRACES_SAMPLER_ARG', '2'],
    ['OTEL_TRACES_SAMPLER_ARG', 'all'],
  ])('refuse %s=%s', (name, value) => {
    expect(schema.safeParse({ [name]: value }).error?.issues).toMatchObject([{ path: [name], message: expect.stringMatching(/^must be /) }]);
  });

  it('each say what they are for', () => {
    for (const [name, type] of Object.entries(telemetryConfig)) expect([name, type.description]).toEqual([name, expect.any(String)]);
  });
});
