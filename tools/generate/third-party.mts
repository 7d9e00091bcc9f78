// Lays the third-party protos out in third_party/proto, from the npm packages that carry them. None is committed.
import { createRegistry } from '@bufbuild/protobuf';
import { file_buf_validate_validate as validate } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { printProto } from './print-proto.mjs';

const target = 'third_party/proto';
const googleApis = 'node_modules/google-gax/build/protos';
const reflection = 'node_modules/@grpc/reflection/build/proto';
const otlp = 'node_modules/@elastic/mockotlpserver';

const copies: Record<string, string> = {
  ...Object.fromEntries(
    ['api/annotations', 'api/http', 'api/field_behavior', 'api/httpbody', 'rpc/code', 'rpc/status', 'rpc/error_details'].map((name) => [
      `google/${name}.proto`,
      `${googleApis}/google/${name}.proto`,
    ]),
  ),
  'grpc/health/v1/health.proto': 'node_modules/grpc-health-check/proto/health/v1/health.proto',
  'grpc/reflection/v1/reflection.proto': `${reflection}/grpc/reflection/v1/reflection.proto`,
  'grpc/reflection/v1alpha/reflection.proto': `${reflection}/grpc/reflection/v1alpha/reflection.proto`,
  ...Object.fromEntries(
    ['common/v1/common', 'resource/v1/resource', 'trace/v1/trace', 'collector/trace/v1/trace_service'].map((name) => [
      `opentelemetry/proto/${name}.proto`,
      `${otlp}/opentelemetry/proto/${name}.proto`,
    ]),
  ),
};

rmSync(target, { recursive: true, force: true });
for (const [name, source] of Object.entries(copies)) {
  mkdirSync(dirname(join(target, name)), { recursive: true });
  copyFileSync(source, join(target, name));
}
mkdirSync(join(target, 'buf/validate'), { recursive: true });
writeFileSync(join(target, 'buf/validate/validate.proto'), printProto(validate.proto, createRegistry(validate)));
