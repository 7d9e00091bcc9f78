export { type RpcCall, type RpcClientCall, type RpcClientInterceptor, type RpcInterceptor, type RpcObserver, currentCall } from './call';
export { type RpcCallOptions, type RpcChannel, type RpcChannelOptions, type RpcStream, createChannel } from './channel';
export { type RpcClient, type RpcClientOptions, createClient } from './client';
export { type MessageType, type PartialMessage, type RequestOf, type ResponseOf, type RpcBinding, type RpcHandler, type RpcService, type ServiceDefinition, bindService } from './definition';
export { type RpcMethod, type RpcMethodName, createRegistryOf, readMethods } from './method';
export { type RpcServer, type RpcServerOptions, createRpcServer } from './server';
