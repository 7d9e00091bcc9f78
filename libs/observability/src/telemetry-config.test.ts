import { z } from 'zod';
import { telemetryConfig, toTraceOptions } from './telemetry-config';

const schema = z.object(telemetryConfig);

describe('the settings', () => {
  it('need none to be given', () => {
    expect(schema.parse({})).toEqual({
      LOG_LEVEL: 'info',
      SERVICE_VERSION: 'dev',
      OTEL_SDK_DISABLED: false,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: 1,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_TIMEOUT: 10_000,
      OTEL_EXPORTER_OTLP_COMPRESSION: 'none',
    });
  });

  it('are read from texts', () => {
    expect(schema.parse({ LOG_LEVEL: 'warn', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_TRACES_SAMPLER_ARG: '0.25' })).toMatchObject({
      LOG_LEVEL: 'warn',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      OTEL_TRACES_SAMPLER_ARG: 0.25,
    });
  });

  it('decode the lists that they hold', () => {
    expect(
      schema.parse({
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=staging, team=identity%20%26%20access',
        OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%3Db',
      }),
    ).toMatchObject({
      OTEL_RESOURCE_ATTRIBUTES: { 'deployment.environment.name': 'staging', team: 'identity & access' },
      OTEL_EXPORTER_OTLP_HEADERS: { 'api-key': 'a=b' },
    });
  });

  it('say nothing of traces when the SDK is disabled', () => {
    expect(toTraceOptions(schema.parse({ OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }))).toEqual({});
  });

  it.each([
    ['LOG_LEVEL', 'verbose'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_TRACES_SAMPLER_ARG', '2'],
    ['OTEL_TRACES_SAMPLER_ARG', 'all'],
    ['OTEL_TRACES_SAMPLER_ARG', ' '],
    ['OTEL_TRACES_SAMPLER_ARG', '0x1'],
    ['OTEL_SDK_DISABLED', 'yes'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team=%zz'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'api key=x'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'collector:4317'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '0'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '10s'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '1e3'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '600001'],
    ['OTEL_SERVICE_NAME', 'a'.repeat(129)],
    ['SERVICE_VERSION', 'a'.repeat(129)],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'br'],
  ])('refuse %s=%s', (name, value) => {
    expect(schema.safeParse({ [name]: value }).error?.issues).toMatchObject([{ path: [name], message: expect.stringMatching(/^must (be|have) /) }]);
  });

  it('each say what they are for', () => {
    for (const [name, type] of Object.entries(telemetryConfig)) expect([name, type.description]).toEqual([name, expect.any(String)]);
  });
});
