import { isIPv4 } from 'node:net';

/** Whether what listens there is reached from this machine alone. */
export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host === '0:0:0:0:0:0:0:1' || (isIPv4(host) && host.startsWith('127.'));

/** The host of a gRPC target: `auth.internal` of `dns:///auth.internal:50052`, `::1` of `[::1]:50052`. */
export const hostOf = (target: string): string => target.replace(/^(dns|ipv4|ipv6):(\/\/\/)?(?!\d+$)/, '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
