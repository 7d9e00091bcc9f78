/** What is wrong with one field of the request (google.rpc.BadRequest.FieldViolation). */
export interface FieldViolation {
  /** Path in JSON names, `tags[1].name`; empty for the request itself. */
  field: string;
  description: string;
  /** Id of the broken rule: `string.min_len`, `unknown_field`. */
  reason?: string;
}

/** What has to be so before the call can succeed (google.rpc.PreconditionFailure.Violation). */
export interface PreconditionViolation {
  /** UPPER_SNAKE: `ETAG`. */
  type: string;
  /** Whose state it is: `users/0190…`. */
  subject: string;
  description: string;
}

/** Which budget is spent (google.rpc.QuotaFailure.Violation). */
export interface QuotaViolation {
  /** Whose budget: `client`, `principal`. */
  subject: string;
  description: string;
}

/** What the error is about (google.rpc.ResourceInfo). */
export interface ErrorResource {
  /** Full name of its message: `gatehouse.user.v1.User`. */
  type: string;
  /** Its id, as the request gives it. */
  name: string;
}

/** The message in the caller's language (google.rpc.LocalizedMessage). */
export interface LocalizedMessage {
  /** A tag of BCP 47. */
  locale: string;
  message: string;
  /** What the reason is called in that language; known only where the error was raised. */
  title?: string;
}

/** The details of google.rpc.Status, beside ErrorInfo, each at most once (AIP-193). */
export interface ErrorDetails {
  violations?: readonly FieldViolation[];
  /** When a retry may succeed, in milliseconds from now (google.rpc.RetryInfo). */
  retryDelayMs?: number;
  preconditions?: readonly PreconditionViolation[];
  quotas?: readonly QuotaViolation[];
  resource?: ErrorResource;
  localized?: LocalizedMessage;
}
