import { isIPv4 } from 'node:net';

/** Whether what listens there is reached from this machine alone. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '0:0:0:0:0:0:0:1' || (isIPv4(host) && host.startsWith('127.'));

/** The hosts of a gRPC target: `auth.internal` of `dns:///auth.internal:50052`, `::1` of `[::1]:50052`, two of `ipv4:10.0.0.1:50052,10.0.0.2:50052`. */
export const hostsOf = (target: string): readonly string[] =>
  target
    .replace(/^(dns|ipv4|ipv6):(\/\/\/)?(?!\d+$)/, '')
    .split(',')
    .map((address) => address.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''));
