/** Requests to the API and their answers, without any HTTP around them. Plain data. */

/** One request to the API. */
export interface ApiRequest {
  readonly method: string;
  /** Path and query as sent, such as `/api/9/http/upstreams?fields=peers`. */
  readonly target: string;
  /** Empty without one. */
  readonly body: string;
  /** Whether this way in may change anything (`api_listen … write=`). */
  readonly mayWrite: boolean;
}

/** What it is answered. */
export interface ApiAnswer {
  readonly status: number;
  /** JSON. */
  readonly body: string;
  /** Where a new server is; '' for other answers. */
  readonly location: string;
  /** The upstream that was changed; '' when none was. */
  readonly changed: string;
}

/** Where NGINX Plus tells of its errors; its answers name it, and so do ours. */
const REFERENCE = 'https://nginx.org/en/docs/http/ngx_http_api_module.html';

/** An answer that is not an error. */
export function jsonAnswer(
  value: unknown,
  { status = 200, location = '', changed = '' }: Partial<Omit<ApiAnswer, 'body'>> = {},
): ApiAnswer {
  return { status, body: JSON.stringify(value), location, changed };
}

/** What NGINX Plus calls an error object; `code` is one of the documented names. */
export function errorAnswer(status: number, code: string, text: string): ApiAnswer {
  const value = { error: { status, text, code }, request_id: requestId(), href: REFERENCE };
  return { status, body: JSON.stringify(value), location: '', changed: '' };
}

/** 32 hex digits, as `$request_id`. */
function requestId(): string {
  return crypto.randomUUID().replaceAll('-', '');
}
