import type { ClientInfo } from '@gatehouse/access';

/** What somebody proved who they are by (RFC 8176 §2). */
export type AuthenticationMethod = 'pwd' | 'otp';

/** What the person of a session proved who they are by, and when they did so last. */
export interface Proof {
  readonly authTime: Date;
  readonly methods: readonly AuthenticationMethod[];
}

/** How somebody came in. */
export interface Entry {
  readonly client: ClientInfo;
  /** The device that they came from: one that is known, or a new id. */
  readonly deviceId: string;
  readonly isDeviceKnown: boolean;
  /** In the order in which they were asked for. */
  readonly methods: readonly AuthenticationMethod[];
}
