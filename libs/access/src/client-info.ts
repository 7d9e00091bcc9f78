import type { RpcCall } from '@gatehouse/rpc';

/** The client at the far end of a call, as the gateway saw it. */
export interface ClientInfo {
  /** An IP address; empty where it is not known. */
  readonly address: string;
  /** What it calls itself; empty where it says nothing. At most 256 printable ASCII characters. */
  readonly userAgent: string;
}

const addressKey = 'gatehouse-client-address';
const userAgentKey = 'gatehouse-client-user-agent';
const maxUserAgent = 256;

/** Metadata that tells a service of the client. The gateway alone writes it: what comes from outside by these names is never passed on. */
export const toClientMetadata = ({ address, userAgent }: ClientInfo): Record<string, string> => ({
  [addressKey]: address,
  [userAgentKey]: userAgent.replace(/[^ -~]/g, '?').slice(0, maxUserAgent),
});

/** The client of a call; of one that did not come through the gateway, the address that it came from. */
export const clientOf = ({ metadata, peer }: Pick<RpcCall, 'metadata' | 'peer'>): ClientInfo => ({
  address: metadata.get(addressKey) ?? peer.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''),
  userAgent: (metadata.get(userAgentKey) ?? '').slice(0, maxUserAgent),
});
