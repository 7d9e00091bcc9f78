import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type handleServerStreamingCall, type handleUnaryCall, type Server, status } from '@grpc/grpc-js';
import {
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as Serving,
  HealthCheckResponseSchema,
  HealthListResponseSchema,
} from './gen/grpc/health/v1/health_pb';

export interface Health {
  setServing(serving: boolean): void;
  /** Ends every Watch, so that a drain need not wait for them. */
  close(): void;
}

const toResponse = (serving: Serving) => Buffer.from(toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status: serving })));

/** Serves grpc.health.v1 for the server as a whole ('') and for each of its services. Not serving until told so. */
export function addHealth(server: Server, services: readonly string[]): Health {
  const known = new Set(['', ...services]);
  const watchers = new Map<() => void, () => void>();
  let serving = false;
  const current = () => (serving ? Serving.SERVING : Serving.NOT_SERVING);

  const check: handleUnaryCall<Buffer, Buffer> = (call, callback) => {
    const service = readService(call.request);
    if (service === undefined || !known.has(service)) callback({ code: status.NOT_FOUND, details: 'unknown service' });
    else callback(null, toResponse(current()));
  };
  const list: handleUnaryCall<Buffer, Buffer> = (_call, callback) => {
    const statuses = Object.fromEntries([...known].map((service) => [service, create(HealthCheckResponseSchema, { status: current() })]));
    callback(null, Buffer.from(toBinary(HealthListResponseSchema, create(HealthListResponseSchema, { statuses }))));
  };
  const watch: handleServerStreamingCall<Buffer, Buffer> = (call) => {
    const service = readService(call.request);
    const isKnown = service !== undefined && known.has(service);
    let last: Serving | undefined;
    const tell = () => {
      const now = isKnown ? current() : Serving.SERVICE_UNKNOWN;
      if (now !== last) call.write(toResponse((last = now)));
    };
    watchers.set(tell, () => call.end());
    call.on('cancelled', () => watchers.delete(tell));
    tell();
  };
  const method = { requestStream: false, requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
  server.addService(
    {
      Check: { path: '/grpc.health.v1.Health/Check', responseStream: false, ...method },
      List: { path: '/grpc.health.v1.Health/List', responseStream: false, ...method },
      Watch: { path: '/grpc.health.v1.Health/Watch', responseStream: true, ...method },
    },
    { Check: check, List: list, Watch: watch },
  );
  return {
    setServing(next) {
      serving = next;
      for (const tell of watchers.keys()) tell();
    },
    close() {
      for (const end of watchers.values()) end();
      watchers.clear();
    },
  };
}

const same = (bytes: Buffer) => bytes;

function readService(bytes: Uint8Array): string | undefined {
  try {
    return fromBinary(HealthCheckRequestSchema, bytes).service;
  } catch {
    return undefined;
  }
}
