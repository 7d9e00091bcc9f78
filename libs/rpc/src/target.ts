/** A target as grpc-js takes it: `dns:///user:50051` for `user:50051` (gRPC name resolution). */
export const toUri = (target: string): string => (hasScheme(target) ? target : `dns:///${target}`);

/** The host of a target: `user.internal` of `dns:///user.internal:50051`, `::1` of `[::1]:50051`; of several addresses, which have another name in common, the first. */
export const hostOf = (target: string): string =>
  new URL(`grpc://${target.replace(/^(dns|ipv4|ipv6):(\/\/\/)?(?=.*:)/, '').split(',')[0]}`).hostname.replace(/^\[|\]$/g, '');

// a host may have the name of a scheme: `dns:50051`
const hasScheme = (target: string): boolean => target.includes('://') || /^(dns|ipv4|ipv6):.+:\d+$/.test(target);
