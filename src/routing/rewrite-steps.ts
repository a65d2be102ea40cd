/**
 * Data path. `rewrite`, `set`, `if`, `break` and `return` of one level, in the order of the file, as
 * nginx's rewrite module runs them. Compiled when the configuration loads; levels that have none of
 * them have no steps at all.
 */

import type { FailureCode } from '#src/base/failure.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { changeQuery, changeUri, queryOf } from '#src/exchange/uri.ts';
import { unescapeRedirect } from '#src/http/redirect-text.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { CapturingPattern } from '#src/schema/directive.ts';
import type { Place } from '#src/schema/problem.ts';
import type { Location, ReturnHandler } from './model.ts';

/** `set`: of a variable of the configuration, by its slot. */
export interface SetStep {
  readonly kind: 'set';
  readonly slot: number;
  readonly value: ComplexValue<Exchange>;
}

/** `set $args`: the query of the request changes. */
export interface SetArgsStep {
  readonly kind: 'set-args';
  readonly value: ComplexValue<Exchange>;
}

export interface BreakStep {
  readonly kind: 'break';
}

export interface ReturnStep {
  readonly kind: 'return';
  readonly handler: ReturnHandler;
}

/** `if`: when it holds, its steps run, and its location stands for the one around it. */
export interface IfStep {
  readonly kind: 'if';
  /** As written, for `rewrite_log`. */
  readonly condition: string;
  readonly holds: (exchange: Exchange) => boolean;
  readonly steps: readonly Step[];
  /** Undefined in a server. */
  readonly location: Location | undefined;
}

/** What a `rewrite` puts in place of the path. */
export interface Replacement {
  /** Of a redirect all of it, else what stands before its first "?". */
  readonly path: ComplexValue<Exchange>;
  /** What stands behind; undefined when there is no "?", or it is the last character. */
  readonly query: ComplexValue<Exchange> | undefined;
  /** It has a "?": the query of the request goes on behind "&". */
  readonly hasQuery: boolean;
  /** The query of the request goes on: not when a "?" is the last character. */
  readonly keepsQuery: boolean;
}

export interface RewriteStep {
  readonly kind: 'rewrite';
  /** As written, for `rewrite_log`. */
  readonly regex: string;
  readonly pattern: CapturingPattern<Exchange>;
  readonly replacement: Replacement;
  /** 301 or 302 for the client; 0: the request goes on with the new path. */
  readonly status: number;
  /** `last` and `break` end the steps, a redirect does so in any case. */
  readonly flag: 'none' | 'last' | 'break';
}

/** What one directive does. */
export type StepAction = SetStep | SetArgsStep | BreakStep | ReturnStep | IfStep | RewriteStep;

/** One directive, where it stands: what explains a request names it. */
export type Step = StepAction & { readonly place: Place };

/** What one level has of them. */
export interface Rewrites {
  /** At least one. */
  readonly steps: readonly Step[];
  /** `rewrite_log on`. */
  readonly isLogged: boolean;
}

/** For the error log: what a step did, one char per byte. */
export type RewriteLog = (exchange: Exchange, text: string) => void;

/** A path in which the client has escaped something, or a "+". */
const ESCAPED_PATH = /^[^?]*[%+]/;
const UNCLEAN_QUERY = /[\0-\x20\x7f]/;

/** What the steps of one level have come to. One object serves one exchange after the other. */
export class RewriteRun {
  /** The location whose settings hold: that of an `if`, when one has held. */
  location: Location | undefined = undefined;
  /** `return` was reached. */
  handler: ReturnHandler | undefined = undefined;
  /** `rewrite` sends the client elsewhere, with that status; 0 does not. */
  redirectStatus = 0;
  redirectUrl = '';
  /** There is a new path, and a location for it is to be found. */
  isUriChanged = false;
  /** Why the new path or query cannot be asked for. */
  failure: FailureCode | undefined = undefined;
  readonly #log: RewriteLog;
  #isLogged = false;
  /** A `rewrite` of the level has matched. */
  #isRewritten = false;

  constructor(log: RewriteLog) {
    this.#log = log;
  }

  /** Runs those of a level; `location` is undefined for those of a server. */
  start({ isLogged, steps }: Rewrites, location: Location | undefined, exchange: Exchange): void {
    this.#isLogged = isLogged;
    this.location = location;
    this.handler = undefined;
    this.redirectStatus = 0;
    this.redirectUrl = '';
    this.isUriChanged = false;
    this.failure = undefined;
    this.#isRewritten = false;
    this.#take(steps, exchange);
  }

  /** False: a step has ended them. */
  #take(steps: readonly Step[], exchange: Exchange): boolean {
    for (let at = 0; at < steps.length; at++) {
      if (!this.#takeOne(steps[at] as Step, exchange)) return false;
    }
    return true;
  }

  #takeOne(step: Step, exchange: Exchange): boolean {
    switch (step.kind) {
      case 'set':
        exchange.variables.set(step.slot, this.#valueToSet(step.value, exchange));
        return true;
      case 'set-args':
        return this.#changeArgs(exchange, this.#valueToSet(step.value, exchange));
      case 'if':
        return this.#takeIf(step, exchange);
      case 'rewrite':
        return this.#rewrite(step, exchange);
      case 'return':
        this.handler = step.handler;
        return false;
      case 'break':
        // nginx: of a new path it makes one that stays, as the flag of that name does.
        if (this.isUriChanged) exchange.ignoresPassUri = true;
        this.isUriChanged = false;
        return false;
    }
  }

  /** nginx: captures of a location or `if` are escaped again, until a `rewrite` has matched. */
  #valueToSet(value: ComplexValue<Exchange>, exchange: Exchange): string {
    const { variables } = exchange;
    if (this.#isRewritten || variables.captures === undefined) return valueOf(value, exchange);
    variables.quotesCaptures = hasEscapes(exchange);
    const text = valueOf(value, exchange);
    variables.quotesCaptures = false;
    return text;
  }

  #takeIf({ condition, holds, location, steps }: IfStep, exchange: Exchange): boolean {
    const isTrue = holds(exchange);
    if (this.#isLogged)
      this.#log(exchange, `if ${condition} ${isTrue ? 'holds' : 'does not hold'}`);
    if (!isTrue) return true;
    if (location !== undefined) this.location = location;
    return this.#take(steps, exchange);
  }

  #rewrite(step: RewriteStep, exchange: Exchange): boolean {
    const { flag, pattern, replacement, status } = step;
    const { request, variables } = exchange;
    const captures = pattern.exec(request.path);
    if (this.#isLogged) {
      const verb = captures === undefined ? 'does not match' : 'matches';
      this.#log(exchange, `"${step.regex}" ${verb} "${request.path}"`);
    }
    if (captures === undefined) {
      variables.captures = undefined; // nginx: what does not match takes those of before away
      return true;
    }
    pattern.keep(exchange, captures);
    const query = queryOf(exchange);
    // nginx: captures are of the decoded path; where the client had to escape, they are again.
    const isQuoted = hasEscapes(exchange);
    this.#isRewritten = true;
    if (status !== 0) {
      variables.quotesCaptures = isQuoted;
      const url = unescapeRedirect(valueOf(replacement.path, exchange));
      variables.quotesCaptures = false;
      const joint = replacement.hasQuery ? '&' : '?';
      const goesOn = replacement.keepsQuery && query !== '';
      this.redirectStatus = status;
      this.redirectUrl = goesOn ? `${url}${joint}${query}` : url;
      if (this.#isLogged) this.#log(exchange, `rewritten redirect: "${this.redirectUrl}"`);
      return false;
    }
    const path = valueOf(replacement.path, exchange);
    variables.quotesCaptures = isQuoted;
    const own = replacement.query === undefined ? '' : valueOf(replacement.query, exchange);
    variables.quotesCaptures = false;
    const before = replacement.keepsQuery ? query : '';
    const joint = replacement.query !== undefined && before !== '' ? '&' : '';
    const joined = `${own}${joint}${before}`;
    if (this.#isLogged) this.#log(exchange, `rewritten data: "${path}", args: "${joined}"`);
    if (!this.#change(exchange, path, joined)) return false;
    exchange.isInternal = true;
    if (flag === 'break') exchange.ignoresPassUri = true;
    this.isUriChanged = flag !== 'break';
    return flag === 'none';
  }

  /** As `#change`. */
  #changeArgs(exchange: Exchange, query: string): boolean {
    this.failure = failureOf(exchange.request.path, query);
    if (this.failure !== undefined) return false;
    changeQuery(exchange, query);
    return true;
  }

  /** False: it cannot be asked for. */
  #change(exchange: Exchange, path: string, query: string): boolean {
    this.failure = failureOf(path, query);
    if (this.failure !== undefined) return false;
    changeUri(exchange, path, query);
    return true;
  }
}

/** The client has escaped something in its path. */
function hasEscapes({ clientTarget, request }: Exchange): boolean {
  return ESCAPED_PATH.test(clientTarget || request.originTarget);
}

function failureOf(path: string, query: string): FailureCode | undefined {
  if (path === '') return 'rewritten_path_empty';
  if (!path.startsWith('/')) return 'rewritten_path_relative';
  // What a client asked for, decoded: it must not become another request (H1-14).
  return UNCLEAN_QUERY.test(query) ? 'request_target_malformed' : undefined;
}

function valueOf(value: ComplexValue<Exchange>, exchange: Exchange): string {
  return value.constant ?? value.evaluate(exchange);
}
