export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly headers: Headers;
  // the shape of an answer is what a test is about
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

/** Sends a request; an object is sent as JSON, anything else as it is. */
export async function send(
  url: string,
  method: string,
  path: string,
  { body, token, headers = {}, signal }: { body?: unknown; token?: string; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Answer> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(url + path, {
    method,
    signal,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
    ...(body === undefined ? {} : { body: isRaw ? (body as RequestInit['body']) : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, type: response.headers.get('content-type'), headers: response.headers, body: text ? JSON.parse(text) : undefined };
}

/** Signs a person up and gives what came of it. */
export async function signUp(url: string, email: string, password = 'correct horse battery'): Promise<Answer> {
  return send(url, 'POST', '/v1/auth/signup', { body: { email, password, displayName: email.split('@')[0] } });
}

export async function logIn(url: string, { email, password }: { email: string; password: string }): Promise<string> {
  const { body } = await send(url, 'POST', '/v1/auth/login', { body: { email, password } });
  return body.accessToken;
}
