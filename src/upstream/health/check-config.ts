/** What a `health_check` compiles to. Plain data: it goes from the master to the generation as JSON. */
import type { LocalAddress } from '#src/base/address.ts';
import type { Place } from '#src/schema/problem.ts';

/** One check of one upstream: each of its endpoints is asked, and has a verdict of this check. */
export interface CheckConfig {
  /** Of the upstream, in the model. */
  readonly upstream: number;
  /** Says which check it is, in logs, status and the next generation: `/health`, `tcp`, `/a match=b`. */
  readonly name: string;
  /** `http` sends a request; `tcp` connects, and sends and expects what its `match` says. */
  readonly kind: 'http' | 'tcp';
  /** From the end of one check to the start of the next. */
  readonly intervalMs: number;
  /** At most so much is added to the interval, at random. */
  readonly jitterMs: number;
  /** Failures in a row that make an endpoint unhealthy. */
  readonly fails: number;
  /** Passes in a row that make it healthy again. */
  readonly passes: number;
  /** Nothing goes to an endpoint before its first pass. */
  readonly mandatory: boolean;
  /** With `mandatory`: who was healthy before a reload need not pass first. */
  readonly persistent: boolean;
  /** In place of the endpoint's own; 0: that one. */
  readonly port: number;
  /** How long one connection serves checks; 0: each has its own. */
  readonly keepaliveMs: number;
  /** Null: any answer of 200 to 399 (`http`), any connection (`tcp`). */
  readonly match: MatchConfig | null;
  /** The whole request, one char per byte; '' for `tcp`. */
  readonly request: string;
  readonly connectTimeoutMs: number;
  /** From the connection to the verdict. */
  readonly answerTimeoutMs: number;
  /** `proxy_bind`; null: the system decides. */
  readonly local: LocalAddress | null;
  readonly place: Place;
}

/** A `match` block: a check passes when all of its tests do. Texts are one char per byte. */
export interface MatchConfig {
  readonly name: string;
  readonly status: StatusTest | null;
  readonly headers: readonly HeaderTest[];
  readonly bodies: readonly TextTest[];
  /** A check that passes and whose answer is like one of these: the endpoint is degraded. */
  readonly degraded: readonly DegradedTest[];
  /** Names of variables (`$` left out) that may be neither empty nor "0". */
  readonly required: readonly string[];
  /** For `tcp`: sent as soon as the connection is there; '' sends nothing. */
  readonly send: string;
  /** For `tcp`: what comes; null: nothing is waited for. */
  readonly expect: ExpectTest | null;
}

/** One of the ranges, or with `isNot` none of them. */
export interface StatusTest {
  readonly isNot: boolean;
  /** First and last status of each. */
  readonly ranges: readonly (readonly [first: number, last: number])[];
}

/** Of a field of the answer. */
export interface HeaderTest {
  /** Lower case. */
  readonly name: string;
  /** `is`: one of its lines has the value; `matches`: the expression fits one; `exists`: it is there. */
  readonly kind: 'is' | 'matches' | 'exists';
  /** The value or the expression; '' for `exists`. */
  readonly text: string;
  readonly isNot: boolean;
}

/** A regular expression over a text. */
export interface TextTest {
  readonly pattern: string;
  readonly isNot: boolean;
}

/** What a server says to `tcp`: it begins with a text, or an expression fits it. */
export interface ExpectTest {
  readonly kind: 'text' | 'pattern';
  readonly text: string;
  readonly caseless: boolean;
}

/** One line of `degraded`. */
export type DegradedTest =
  | { readonly of: 'status'; readonly test: StatusTest }
  | { readonly of: 'header'; readonly test: HeaderTest }
  | { readonly of: 'body'; readonly test: TextTest };

/** Of the answer's body so much is looked at, as in nginx Plus. */
export const EXAMINED_BODY_BYTES = 256 * 1024;
