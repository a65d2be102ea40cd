/**
 * Data path. `serve(exchange)`: the story of an exchange from its head to whoever answers it. Each
 * location's way of answering is compiled once; per exchange it is only run.
 */

import type { Clock } from '#src/base/clock.ts';
import { FreeList } from '#src/base/free-list.ts';
import { RandomBits } from '#src/base/random-bits.ts';
import { ShortTimers } from '#src/base/short-timers.ts';
import type { TimerWheel } from '#src/base/timer-wheel.ts';
import type { AccessLogTarget } from '#src/exchange/access-record.ts';
import { answer, answerStatus, refuse, refuseWith } from '#src/exchange/answer.ts';
import { type Exchange, RESPONSE_NONE, type Rescuer } from '#src/exchange/exchange.ts';
import type { RealIp } from '#src/exchange/real-ip.ts';
import { hasPage } from '#src/exchange/status-body.ts';
import { changeUri, queryOf } from '#src/exchange/uri.ts';
import type { FunctionHost } from '#src/functions/function-host.ts';
import {
  type FunctionPlan,
  FunctionRun,
  type FunctionRunHome,
} from '#src/functions/function-run.ts';
import { BODY_LENGTH, BODY_NONE } from '#src/http/message.ts';
import { escapePath, hasControlByte, normalisePath } from '#src/http/target.ts';
import { contentTypeOf } from '#src/routing/content-type.ts';
import type {
  ApiHandler,
  Location,
  ProxyHandler,
  ReturnHandler,
  VirtualServer,
} from '#src/routing/model.ts';
import { type RewriteLog, RewriteRun } from '#src/routing/rewrite-steps.ts';
import { type RoutedServer, Router } from '#src/routing/router.ts';
import type { RunTimeUpstreams } from '#src/upstream/run-time-upstreams.ts';
import type { Upstream } from '#src/upstream/upstream.ts';
import { absolute } from './absolute-url.ts';
import { AccelRedirect } from './accel-redirect.ts';
import { ApiRun, type AskApi, errorReply } from './api-run.ts';
import { Attempt } from './attempt.ts';
import type { AttemptHome } from './attempt-home.ts';
import { DelayedExchange } from './delayed-exchange.ts';
import { ErrorPageRescuer, NO_MORE_PAGES, type RedirectHome } from './error-pages.ts';
import { type ChanceSource, type FaultKind, Faults, type FaultWatcher } from './faults.ts';
import { answerOptions, endsHere } from './options-method.ts';
import {
  type PlanTable,
  type ProxiedLocation,
  type ProxyLogs,
  proxiedLocation,
} from './proxied-location.ts';
import type { Tries } from './tries.ts';
import { isLooping } from './via-loop.ts';

/** The page of a status location. */
export interface StatusPage {
  readonly contentType: string;
  readonly body: string;
}

export interface ProxyOptions {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly servers: readonly VirtualServer[];
  /** In place of the router of these servers; `weir explain` gives one that tells what it finds. */
  readonly router?: Router;
  /** By id. */
  readonly upstreams: readonly Upstream[];
  /** For `proxy_pass` with variables. */
  readonly runTime: RunTimeUpstreams;
  /** The targets for the access logs of a location. */
  readonly logsOf: (location: Location) => readonly AccessLogTarget[];
  readonly statusPage: (format: 'stub' | 'json') => StatusPage;
  /** Of locations with `api`; without it nobody can be asked. */
  readonly askApi?: AskApi;
  /** Those of weir.config.ts. */
  readonly functions: FunctionHost;
  /** An error of ours, outside of what a client or endpoint sent. */
  readonly onInternalError: (error: unknown) => void;
  /** For the error log, with `rewrite_log on`. */
  readonly onRewrite: RewriteLog;
  /** For the error log: a try failed, whether or not another one follows. */
  readonly onAttemptFailed: AttemptHome['onAttemptFailed'];
  /** For the error log: a temporary file could not be used. */
  readonly onSpoolFailed: AttemptHome['onSpoolFailed'];
  /** For the error log: what variables in `proxy_pass` name was not found. */
  readonly onPassFailed: AttemptHome['onPassFailed'];
  readonly logs: ProxyLogs;
  /** `fault`: who decides which exchanges; the thread's own chance when not given. */
  readonly chance?: ChanceSource;
  /** An exchange has met a fault. */
  readonly onFault: (kind: FaultKind) => void;
  /** Told of each `fault` that an exchange comes to; only where somebody asks. */
  readonly watchFaults?: FaultWatcher;
  /** In place of tries that nobody looks at. */
  readonly makeTries?: () => Tries;
}

/** How one location answers, compiled. */
interface Served {
  readonly location: Location;
  readonly logs: readonly AccessLogTarget[];
  /** With `proxy_pass`, unless functions or faults come first. */
  readonly proxied: ProxiedLocation | undefined;
  /** Functions see its requests: what they do not answer goes on to `passed`. */
  readonly functions: FunctionPlan | undefined;
  readonly passed: ProxiedLocation | undefined;
  /** `fault`, in front of `passed`. */
  readonly faults: Faults | undefined;
  /** `error_page`; undefined without any. */
  readonly rescuer: Rescuer | undefined;
  /** `real_ip`, where the location says something else about it than its server. */
  readonly realIp: RealIp | undefined;
}

/** nginx: close the connection without an answer. */
const STATUS_NO_ANSWER = 444;
const MAX_FREE_ATTEMPTS = 1024;
/**
 * So many servers, and the default ones, are compiled before the first request: all of most
 * configurations. In larger ones that has warmed up what compiles the others when they are asked.
 */
const READY_AT_START = 64;
/** nginx: then 500, as two locations may lead to each other. */
const MAX_REDIRECTS = 10;
/** What nginx lets ask where no directive answers, which is where files would be. */
const TAKES_FILES: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST']);
const FILES_ALLOW = ['Allow', 'GET, HEAD'] as const;
const UNCLEAN_QUERY = /[\0-\x20\x7f]/;

export class Proxy implements AttemptHome<Attempt>, RedirectHome, FunctionRunHome<Served> {
  readonly #options: ProxyOptions;
  readonly #clock: Clock;
  /** AttemptHome. */
  readonly wheel: TimerWheel;
  /** AttemptHome. */
  readonly shortTimers: ShortTimers;
  readonly #router: Router;
  /** By the number of the location. */
  readonly #served: Served[] = [];
  readonly #plans: PlanTable = new Map();
  /** What was asked for last: often it is the same again. */
  #last: Served | undefined = undefined;
  readonly #run: RewriteRun;
  readonly #functions: FunctionHost;
  readonly #statusPage: (format: 'stub' | 'json') => StatusPage;
  readonly onAttemptFailed: AttemptHome['onAttemptFailed'];
  readonly onSpoolFailed: AttemptHome['onSpoolFailed'];
  readonly onInternalError: (error: unknown) => void;
  readonly onPassFailed: AttemptHome['onPassFailed'];
  readonly #attempts: FreeList<Attempt>;
  readonly #chance: ChanceSource;

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.wheel = options.wheel;
    this.shortTimers = new ShortTimers(options.clock);
    this.#router = options.router ?? new Router(options.servers);
    this.#run = new RewriteRun(options.onRewrite);
    const make = () => new Attempt(this, options.makeTries?.());
    this.#attempts = new FreeList<Attempt>(make, MAX_FREE_ATTEMPTS);
    this.#statusPage = options.statusPage;
    this.#functions = options.functions;
    this.onInternalError = options.onInternalError;
    this.onAttemptFailed = options.onAttemptFailed;
    this.onSpoolFailed = options.onSpoolFailed;
    this.onPassFailed = options.onPassFailed;
    this.#chance = options.chance ?? new RandomBits();
    const first = this.#router.servers.slice(0, READY_AT_START);
    for (const routed of [...this.#router.defaults, ...first]) {
      if (!routed.isReady) this.#makeReady(routed);
    }
  }

  /** Of clients' requests. */
  get router(): Router {
    return this.#router;
  }

  /** Before anything is asked of that server. */
  #makeReady(routed: RoutedServer): void {
    const { conditional, fallback, locations } = routed.server;
    const accel = new AccelRedirect(this, routed);
    for (const location of [...locations, ...conditional, fallback]) {
      this.#served[location.number] = this.#compile(location, routed, accel);
    }
    routed.makeReady();
  }

  #compile(location: Location, routed: RoutedServer, accel: AccelRedirect): Served {
    const options = this.#options;
    const { errorPages, functions, handler } = location;
    const { byStatus } = errorPages;
    const pass = (of: ProxyHandler, slowest: number) =>
      proxiedLocation(
        location,
        of,
        options.upstreams,
        options.runTime,
        options.logs,
        this.#plans,
        accel,
        slowest,
      );
    const passed = handler.kind === 'proxy' ? pass(handler, 0) : undefined;
    const rules = location.proxy.faults.filter((rule) => rule !== 'off');
    const faults =
      handler.kind === 'proxy' && passed !== undefined && rules.length > 0
        ? new Faults(rules, passed, (slowest) => pass(handler, slowest), {
            chance: this.#chance,
            watch: options.watchFaults,
          })
        : undefined;
    return {
      location,
      logs: options.logsOf(location),
      proxied: functions === undefined && faults === undefined ? passed : undefined,
      functions,
      passed,
      faults,
      rescuer:
        byStatus === undefined
          ? undefined
          : new ErrorPageRescuer(this, routed, byStatus, errorPages),
      realIp: location.realIp === routed.server.fallback.realIp ? undefined : location.realIp,
    };
  }

  /** Finds the location and lets it answer; the answer may come now or later. */
  serve(exchange: Exchange, listenKey: string): void {
    const { request } = exchange;
    const routed = this.#router.findServer(listenKey, exchange);
    if (routed === undefined) {
      refuse(exchange, 'no_route');
      return;
    }
    exchange.serverName = routed.name;
    if (request.isForServer) {
      if (!routed.isReady) this.#makeReady(routed);
      routed.server.fallback.realIp?.apply(exchange);
      this.#enter(exchange, routed.server.fallback);
      answerOptions(exchange); // no location takes it: the server as a whole is asked
    } else this.#start(exchange, routed);
  }

  /** What the server itself rewrites comes before any location is looked for. */
  #start(exchange: Exchange, routed: RoutedServer): void {
    if (routed.isPlain) {
      this.#route(exchange, routed);
      return;
    }
    if (!routed.isReady) this.#makeReady(routed);
    const { fallback } = routed.server;
    fallback.realIp?.apply(exchange);
    if (fallback.rewrites === undefined) {
      this.#route(exchange, routed);
      return;
    }
    this.#enter(exchange, fallback);
    const run = this.#run;
    run.start(fallback.rewrites, undefined, exchange);
    if (!this.#answerRun(exchange, run, fallback)) this.#route(exchange, routed);
  }

  /** The location that takes the path of the request, for clients and for internal redirects. */
  #route(exchange: Exchange, routed: RoutedServer): void {
    const { request } = exchange;
    const withSlash = this.#router.findWithSlash(routed, exchange);
    const location = withSlash ?? this.#router.findLocation(routed, exchange);
    const served = this.#enter(exchange, location);
    const { maxBodyBytes } = location.client;
    if (location.isInternal && !exchange.isInternal) refuse(exchange, 'no_route');
    else if (
      maxBodyBytes > 0 &&
      !exchange.dropsBody &&
      request.framing === BODY_LENGTH &&
      request.bodyBytes > maxBodyBytes
    ) {
      exchange.dropsBody = true;
      refuse(exchange, 'body_too_large'); // before a byte of it is read (H1-17)
    } else if (withSlash !== undefined) this.#addSlash(exchange, routed);
    else this.#proceed(exchange, routed, served);
  }

  /** What the location rewrites, then who answers in it, or in the one for the new path. */
  #proceed(exchange: Exchange, routed: RoutedServer, served: Served): void {
    const { location } = served;
    if (location.rewrites === undefined || location === routed.server.fallback) {
      this.#answer(exchange, served);
      return;
    }
    const run = this.#run;
    run.start(location.rewrites, location, exchange);
    const chosen = run.location ?? location;
    const entered = chosen === location ? served : this.#enter(exchange, chosen);
    if (this.#answerRun(exchange, run, chosen)) return;
    if (!run.isUriChanged) this.#answer(exchange, entered);
    else if (this.#countsRedirect(exchange)) this.#route(exchange, routed);
  }

  /** True: a step has answered. */
  #answerRun(exchange: Exchange, run: RewriteRun, location: Location): boolean {
    const { failure, handler, redirectStatus, redirectUrl } = run;
    if (failure !== undefined) refuse(exchange, failure);
    else if (handler !== undefined) this.#return(exchange, handler, location);
    else if (redirectStatus === 0) return false;
    else if (hasControlByte(redirectUrl)) refuse(exchange, 'field_value_malformed');
    else answerStatus(exchange, redirectStatus, [['Location', absolute(exchange, redirectUrl)]]);
    return true;
  }

  /** From here on the location's settings hold. */
  #enter(exchange: Exchange, location: Location): Served {
    const served =
      location === this.#last?.location ? this.#last : (this.#served[location.number] as Served);
    this.#last = served;
    exchange.limits = location.client;
    exchange.logs = served.logs;
    if (exchange.rescuer !== NO_MORE_PAGES) exchange.rescuer = served.rescuer;
    return served;
  }

  /** RedirectHome. The method becomes GET, unless it is HEAD; the body of the request is dropped. */
  redirect(exchange: Exchange, routed: RoutedServer, target: string): void {
    const queryAt = target.indexOf('?');
    const query = queryAt < 0 ? '' : target.substring(queryAt);
    // The target is not encoded: a "%" in it stands for itself. Only dots and slashes are resolved.
    const path = normalisePath(
      target.substring(0, target.length - query.length).replaceAll('%', '%25'),
    );
    this.redirectTo(exchange, routed, path, query.slice(1));
  }

  /** RedirectHome. */
  redirectTo(
    exchange: Exchange,
    routed: RoutedServer,
    path: string | undefined,
    query: string,
  ): void {
    const { request } = exchange;
    if (path === undefined || UNCLEAN_QUERY.test(query)) {
      exchange.rescuer = NO_MORE_PAGES;
      refuse(exchange, 'request_target_malformed');
      return;
    }
    changeUri(exchange, path, query);
    if (request.method !== 'HEAD') request.method = 'GET';
    dropBody(exchange);
    exchange.ignoresPassUri = false;
    if (this.#countsRedirect(exchange)) this.#start(exchange, routed);
  }

  /** RedirectHome. */
  enterNamed(exchange: Exchange, routed: RoutedServer, name: string): void {
    // What broke off or is too large goes nowhere; else the body is in the request's store, or
    // still to be read.
    if (exchange.closeAfter) dropBody(exchange);
    if (!this.#countsRedirect(exchange)) return;
    this.#proceed(exchange, routed, this.#enter(exchange, routed.named.get(name) as Location));
  }

  /** False: that was one too many, and it was answered. */
  #countsRedirect(exchange: Exchange): boolean {
    exchange.redirects += 1;
    exchange.isInternal = true;
    // nginx: what `proxy_pass` had found is forgotten, until another one finds something.
    exchange.proxyHost = '';
    exchange.proxyPort = '';
    if (exchange.redirects <= MAX_REDIRECTS) return true;
    exchange.rescuer = NO_MORE_PAGES;
    refuse(exchange, 'redirect_cycle');
    return false;
  }

  #answer(exchange: Exchange, served: Served): void {
    const { location, proxied, realIp } = served;
    // nginx has it behind all rewriting, of which `return` is a part.
    if (realIp !== undefined && location.handler.kind !== 'return') realIp.apply(exchange);
    if (proxied !== undefined) {
      this.#pass(exchange, location, proxied, false);
      return;
    }
    const { handler } = location;
    if (handler.kind === 'return') this.#return(exchange, handler, location);
    else if (served.functions !== undefined) {
      new FunctionRun(exchange, served.functions, this.#functions, this, served).start();
    } else this.passOn(exchange, served, false);
  }

  /** FunctionRunHome: no function has answered. */
  passOn(exchange: Exchange, served: Served, isLate: boolean): void {
    const { faults, location, passed } = served;
    if (passed === undefined) this.#answerPlainly(exchange, location);
    else if (faults !== undefined) this.#injectFaults(exchange, location, faults, isLate);
    else this.#pass(exchange, location, passed, isLate);
  }

  /** An error page for a fault, or for something that did go wrong, is not to fail on purpose. */
  #injectFaults(exchange: Exchange, location: Location, faults: Faults, isLate: boolean): void {
    const isMet = exchange.reason === '' && faults.decide(exchange);
    const { delayMs, isSlowed, status } = faults;
    const goal = isMet ? faults.location : faults.plain;
    if (isMet && isSlowed && status === 0) this.#options.onFault('rate');
    if (!isMet || delayMs === 0) {
      this.#passOrAbort(exchange, location, goal, isMet ? status : 0, isLate);
      return;
    }
    this.#options.onFault('delay');
    const goOn = (): void => {
      try {
        this.#passOrAbort(exchange, location, goal, status, true);
      } catch (error) {
        this.onInternalError(error);
        const { handler } = exchange;
        exchange.handler = undefined;
        handler?.onDownstreamGone(exchange, 'internal_error');
        if (exchange.responseState === RESPONSE_NONE) refuse(exchange, 'internal_error');
        else exchange.downstream?.cut();
      }
    };
    new DelayedExchange(exchange, delayMs, this.wheel, goal.heldLimits, goOn);
  }

  #passOrAbort(
    exchange: Exchange,
    location: Location,
    goal: ProxiedLocation,
    status: number,
    isLate: boolean,
  ): void {
    if (status === 0) {
      this.#pass(exchange, location, goal, isLate);
      return;
    }
    this.#options.onFault('abort');
    if (status !== STATUS_NO_ANSWER) {
      refuseWith(exchange, status, 'fault_abort');
      return;
    }
    exchange.reason = 'fault_abort';
    exchange.response.status = status;
    exchange.downstream?.cut();
  }

  #pass(exchange: Exchange, location: Location, proxied: ProxiedLocation, isLate: boolean): void {
    const { request } = exchange;
    if (location.via !== '' && isLooping(request.fields, location.via)) {
      refuse(exchange, 'loop_detected');
      return;
    }
    if (request.method === 'OPTIONS' && exchange.redirects === 0 && endsHere(exchange)) return;
    exchange.proxyHost = proxied.proxyHost;
    exchange.proxyPort = proxied.proxyPort;
    this.#attempts.acquire().begin(exchange, proxied, isLate);
  }

  #answerPlainly(exchange: Exchange, location: Location): void {
    const { handler } = location;
    if (handler.kind === 'api') this.#serveApi(exchange, handler, location);
    else if (handler.kind === 'status') {
      const { body, contentType } = this.#statusPage(handler.format);
      answer(exchange, 200, body, contentType, [['Cache-Control', 'no-store']]);
    } else if (TAKES_FILES.has(exchange.request.method)) refuse(exchange, 'no_route');
    else answerStatus(exchange, 405, [FILES_ALLOW]); // nginx: there would be a file, or none
  }

  #serveApi(exchange: Exchange, handler: ApiHandler, { match }: Location): void {
    new ApiRun(exchange, handler, match, this.#options.askApi ?? askNobody).start();
  }

  /** `return`. */
  #return(exchange: Exchange, handler: ReturnHandler, location: Location): void {
    const { body, location: target, status } = handler;
    if (status === STATUS_NO_ANSWER) {
      exchange.response.status = status;
      exchange.downstream?.cut();
    } else if (target !== undefined) {
      const url = target.evaluate(exchange);
      if (hasControlByte(url)) refuse(exchange, 'field_value_malformed');
      else answerStatus(exchange, status, [['Location', absolute(exchange, url)]]);
    } else if (body !== undefined || !hasPage(status)) {
      const type = contentTypeOf(location.content, exchange.request.path);
      answer(exchange, status, body?.evaluate(exchange) ?? '', type);
    } else answerStatus(exchange, status);
  }

  /** `/dir` of a proxied `/dir/` (semantics.md §1 rule 9). */
  #addSlash(exchange: Exchange, routed: RoutedServer): void {
    const { request } = exchange;
    const query = queryOf(exchange);
    const target = `${escapePath(request.path)}/${query === '' ? '' : `?${query}`}`;
    const url = absolute(exchange, target, routed.name);
    answerStatus(exchange, 301, [['Location', url]]);
  }

  /** AttemptHome. */
  releaseAttempt(attempt: Attempt): void {
    this.#attempts.release(attempt);
  }

  /** AttemptHome. */
  nowMs(): number {
    return this.#clock.refresh();
  }
}

/** Where only what would be answered is looked at. */
const askNobody: AskApi = (_, then) => {
  then(errorReply(503, 'Unavailable', 'there is no edge that could be asked'));
};

/** What the client still sends is read and dropped by whoever reads it. */
function dropBody(exchange: Exchange): void {
  exchange.dropsBody = true;
  exchange.request.framing = BODY_NONE;
  exchange.request.bodyBytes = 0;
  exchange.request.upgrade = '';
  exchange.request.trailers = '';
}
