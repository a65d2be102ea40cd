// What a case of the answer direction is, and the words its lists are written in.

/** An answer of an endpoint that two readers may read in two ways, or that looks like one. */
export interface ResponseCase {
  readonly name: string;
  /** All that the endpoint sends, one char per byte. */
  readonly answer: string;
  /** The line of the client's request; default GET in 1.1. */
  readonly request: string;
  /** Its fields, beside Host. */
  readonly fields?: readonly string[];
  /** What the endpoint does behind its answer: it stays, ends or breaks the connection. */
  readonly then: 'stays' | 'ends' | 'breaks';
  /** Sent by the endpoint once the client has its answer, to an idle connection. */
  readonly late?: string;
  readonly verdict: Verdict;
}

/** What the client may see. */
export type Verdict =
  /** 502 of ours, and the connection goes on. */
  | { readonly kind: 'refused' }
  /** 502, or an answer whose body visibly breaks off within this text. */
  | { readonly kind: 'broken'; readonly body: string }
  /** A canonical answer. */
  | {
      readonly kind: 'passed';
      readonly status: number;
      readonly body: string;
      /** The connection of the endpoint may serve another request. */
      readonly isReused: boolean;
      /** The client's connection closes behind it. */
      readonly closes: boolean;
    };

/** What must answer nobody. */
export const POISON = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';

export const OK = 'HTTP/1.1 200 OK\r\n';
const GET = 'GET /case HTTP/1.1';

/** `HTTP/1.1 200 OK` with these fields and this body, and the poison behind it. */
export function ok(fields: readonly string[], body: string): string {
  return `${OK}${fields.map((field) => `${field}\r\n`).join('')}\r\n${body}${POISON}`;
}

/** 502. */
export function refused(
  name: string,
  answer: string,
  more: Partial<ResponseCase> = {},
): ResponseCase {
  return { name, answer, request: GET, then: 'stays', verdict: { kind: 'refused' }, ...more };
}

/** 502, or cut within `body`. */
export function broken(
  name: string,
  answer: string,
  body: string,
  more: Partial<ResponseCase> = {},
): ResponseCase {
  return { name, answer, request: GET, then: 'stays', verdict: { kind: 'broken', body }, ...more };
}

/** A 200 (or `status`) with this body; the endpoint's connection is not used again. */
export function passed(
  name: string,
  answer: string,
  body: string,
  more: Partial<ResponseCase> & {
    status?: number;
    isReused?: boolean;
    closes?: boolean;
  } = {},
): ResponseCase {
  const { status = 200, isReused = false, closes = false, ...rest } = more;
  const verdict: Verdict = { kind: 'passed', status, body, isReused, closes };
  return { name, answer, request: GET, then: 'stays', verdict, ...rest };
}
