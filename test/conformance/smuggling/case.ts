// What a smuggling case is, and the words its lists are written in.

/** A message that two readers may read in two ways, or that looks like one. */
export interface SmugglingCase {
  readonly name: string;
  /** What an attacker hopes for. */
  readonly tries: string;
  /** All that the client sends, one char per byte. */
  readonly bytes: string;
  readonly verdict: Refused | Forwarded;
}

/** Answered with that status and `Connection: close`; the origin gets no complete request of it. */
export interface Refused {
  readonly status: number;
  /** Whether the head of the request had gone to the origin when the fault was seen. */
  readonly isInBody: boolean;
}

/** Goes on, in exactly this form. */
export interface Forwarded {
  readonly requests: readonly SeenRequest[];
  /** The edge closes behind the last answer. */
  readonly closes: boolean;
}

/** A request as the origin must see it. */
export interface SeenRequest {
  /** Request line and fields, in order, without the framing. */
  readonly lines: readonly string[];
  readonly body: string;
}

/** What is to be smuggled: never a request of its own for the origin, unless it was pipelined. */
export const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n';

/** The lines, each ended by CRLF, with the empty line. */
export function head(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A POST with these fields. */
export function post(...fields: readonly string[]): string {
  return head('POST /x HTTP/1.1', 'Host: a.test', ...fields);
}

/** A GET with these fields. */
export function get(...fields: readonly string[]): string {
  return head('GET /x HTTP/1.1', 'Host: a.test', ...fields);
}

/** A body in chunks that ends, to whoever reads chunks, in front of what is smuggled. */
export const CHUNKS = '5\r\nhello\r\n0\r\n\r\n';
/** To whoever reads chunks it is empty; to whoever counts it is all of this. */
export const ZERO_CHUNK = '0\r\n\r\n';

/** Refused at its head: the origin gets not a byte. */
export function refused(
  name: string,
  tries: string,
  bytes: string,
  status: number = 400,
): SmugglingCase {
  return { name, tries, bytes, verdict: { status, isInBody: false } };
}

/** Refused within its body: the origin may have begun to read it, and is cut off. */
export function refusedInBody(
  name: string,
  tries: string,
  bytes: string,
  status: number = 400,
): SmugglingCase {
  return { name, tries, bytes, verdict: { status, isInBody: true } };
}

/** Goes on as these requests; the client gets an answer to each. */
export function forwarded(
  name: string,
  tries: string,
  bytes: string,
  ...requests: readonly SeenRequest[]
): SmugglingCase {
  return { name, tries, bytes, verdict: { requests, closes: false } };
}

/** As `forwarded`, and the edge closes behind the last answer. */
export function forwardedLast(
  name: string,
  tries: string,
  bytes: string,
  ...requests: readonly SeenRequest[]
): SmugglingCase {
  return { name, tries, bytes, verdict: { requests, closes: true } };
}

/** A request with the Host of the upstream. */
export function seen(line: string, fields: readonly string[] = [], body: string = ''): SeenRequest {
  return { lines: [`${line} HTTP/1.1`, 'Host: origins', ...fields], body };
}

/** What was meant to be smuggled, when it is a request of its own by every reading. */
export const PIPELINED: SeenRequest = seen('GET /smuggled');

/** A byte in a name of a case. */
export function shown(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\xff]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16)}`,
  );
}
