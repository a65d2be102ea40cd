/** What happened to one request on its way, as plain data: for people, for `--json`, for tests. */

import type { FailureCode } from '#src/base/failure.ts';
import type { Place } from '#src/schema/problem.ts';

/** A directive as written, without its block, and where. */
export interface Written {
  readonly text: string;
  readonly place: Place;
}

/** A candidate, with the reason why it was taken or not. */
export interface Verdict extends Written {
  readonly because: string;
}

/** A virtual server was looked for. */
export interface ServerEvent {
  readonly kind: 'server';
  /** `$server_name`. */
  readonly name: string;
  /** All its names. */
  readonly names: readonly string[];
  readonly chosen: Verdict;
  /** Those of the address that have a name for the host. */
  readonly others: readonly Verdict[];
  /** Of those that have none the first, and how many there are. */
  readonly unlike: readonly Verdict[];
  readonly unlikeCount: number;
}

/** A location was looked for; a rewrite or an error page looks again. */
export interface LocationEvent {
  readonly kind: 'location';
  /** Decoded and normalised. */
  readonly path: string;
  /** Undefined: none took it, what the server says holds. */
  readonly chosen: Verdict;
  /** Those that begin like the path, and regular expressions. */
  readonly others: readonly Verdict[];
  /** Of those that are not like the path at all, the first, and how many there are. */
  readonly unlike: readonly Verdict[];
  readonly unlikeCount: number;
  /** The path lacks the slash at its end that a proxied location has: answered with 301. */
  readonly lacksSlash: boolean;
}

/** `rewrite`, `set`, `if`, `break` or `return` was come to, or not. */
export interface StepEvent extends Written {
  readonly kind: 'step';
  /** How many `if`s it stands in. */
  readonly depth: number;
  /** `taken`: it did what it says; `passed`: it did not match or hold; `unreached`: others ended before. */
  outcome: 'taken' | 'passed' | 'unreached';
  /** What came of it: the new URI, the new value. */
  result: string;
}

/** A variable was asked for; each once per value. */
export interface VariableEvent {
  readonly kind: 'variable';
  readonly name: string;
  /** Undefined: it has none. */
  readonly value: string | undefined;
  /** The block that defines it, such as `map`. */
  readonly definedAt: Place | undefined;
}

/** `error_page` answers in place of the page of a status. */
export interface PageEvent extends Written {
  readonly kind: 'page';
  /** Where to. */
  readonly target: string;
}

/** Where a field of a request comes from. */
export interface SentField {
  readonly name: string;
  readonly value: string;
  /** `client`: as it came; `set`: by `at`; `weir`: what Weir says by itself. */
  readonly source: 'client' | 'set' | 'weir';
  readonly at: Written | undefined;
}

/** A `fault` was come to. */
export interface FaultEvent extends Written {
  readonly kind: 'fault';
  /** Whether it does something to this request. */
  readonly isInjected: boolean;
  readonly because: string;
}

/** A function of weir.config.ts was called. */
export interface FunctionEvent extends Written {
  readonly kind: 'function';
}

/** One endpoint that an upstream had for a request. */
export interface Candidate {
  /** Its address. */
  readonly endpoint: string;
  readonly weight: number;
  /** Exchanges in flight there over all threads, without this one. */
  readonly inFlight: number;
  /** The figure of the policy: the least is picked. Undefined: it was not compared. */
  readonly score: number | undefined;
  /** Settles which of those with the least score is picked: the least. */
  readonly tie: number | undefined;
  readonly isPicked: boolean;
  /** Why it is the one, or is not: `down`, `full: 8 in flight of 8`, `another one has less` … */
  readonly because: string;
}

/** An endpoint was picked, or none could be. */
export interface PickEvent {
  readonly kind: 'pick';
  readonly upstream: string;
  readonly upstreamAt: Place;
  /** As written: `round_robin` where nothing is. */
  readonly policy: string;
  /** What scores are; '' when the policy gives none, or was not asked. */
  readonly means: string;
  readonly candidates: readonly Candidate[];
}

/** A request was sent to an endpoint, or it refused the connection. */
export interface AttemptEvent {
  readonly kind: 'attempt';
  readonly upstream: string;
  readonly upstreamAt: Place;
  /** The one of this run; another may be picked another time. */
  readonly endpoint: string;
  /** All that could have been picked. */
  readonly endpoints: readonly string[];
  readonly isRefused: boolean;
  readonly method: string;
  readonly target: string;
  readonly protocol: string;
  readonly fields: readonly SentField[];
  readonly body: string;
  /** Names of fields that the client sent and that do not go on. */
  readonly dropped: readonly string[];
}

/** What a try came to; only in a Weir that serves. */
export interface TryEvent {
  readonly kind: 'try';
  /** Its address. */
  readonly endpoint: string;
  /** As in `$upstream_status`. */
  readonly status: string;
  /** Until the head of the answer, or the failure. */
  readonly tookMs: number;
  readonly failure: FailureCode | undefined;
}

export type TraceEvent =
  | ServerEvent
  | LocationEvent
  | StepEvent
  | VariableEvent
  | PageEvent
  | FunctionEvent
  | FaultEvent
  | PickEvent
  | TryEvent
  | AttemptEvent;

/** What the client gets. */
export interface ClientAnswer {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** All about one request. */
export interface Explanation {
  readonly request: {
    readonly method: string;
    readonly target: string;
    readonly from: string;
    readonly fields: readonly (readonly [name: string, value: string])[];
  };
  readonly listener: Verdict & { readonly key: string; readonly others: readonly string[] };
  readonly events: readonly TraceEvent[];
  /** Whose settings held in the end: a location, an `if`, or the server. Undefined: none was come to. */
  readonly location: Written | undefined;
  /** Undefined: the connection is closed without an answer (`return 444`). */
  readonly answer: ClientAnswer | undefined;
  /** `error_page`s that hold there. */
  readonly errorPages: readonly Written[];
  /** What a refusal of ours means, in words; '' without. */
  readonly failure: string;
  /** Whether an endpoint's answer went through: its status and fields were pretended. */
  readonly isFromEndpoint: boolean;
}
