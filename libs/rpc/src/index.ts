export {
  type HandshakeFailure,
  type ObservedChannel,
  type RpcCall,
  type RpcClientCall,
  type RpcClientInterceptor,
  type RpcInterceptor,
  type RpcObserver,
  currentCall,
} from './call';
export { findConfidential } from './confidential';
export { type RpcCallOptions, type RpcChannel, type RpcChannelOptions, type RpcStream, createChannel } from './channel';
export { type RpcClient, type RpcClientOptions, type RpcError, type RpcFunction, createClient, errorOf } from './client';
export {
  type MessageType,
  type MethodDefinition,
  type PartialMessage,
  type RequestOf,
  type ResponseOf,
  type RpcBinding,
  type RpcHandler,
  type RpcService,
  type ServiceDefinition,
  bindService,
} from './definition';
export { type ContractErrors, readErrors } from './error-reasons';
export { createMessageCheck } from './message-check';
export { type RpcMethod, type RpcMethodName, createRegistryOf, readMethods } from './method';
export type { RpcCertificates } from './mutual-tls';
export { type RpcServer, type RpcServerOptions, createRpcServer } from './server';
