/**
 * Data path. `serve(exchange)`: the story of an exchange from its head to whoever answers it. Each
 * location's way of answering is compiled once; per exchange it is only run.
 */

import type { Clock } from '#src/base/clock.ts';
import { FreeList } from '#src/base/free-list.ts';
import type { AccessLogTarget } from '#src/exchange/access-record.ts';
import { answer, answerStatus, refuse } from '#src/exchange/answer.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { BODY_LENGTH } from '#src/http/message.ts';
import { contentTypeOf } from '#src/routing/content-type.ts';
import type { Location, ReturnHandler, VirtualServer } from '#src/routing/model.ts';
import { type RoutedServer, Router } from '#src/routing/router.ts';
import type { Upstream } from '#src/upstream/upstream.ts';
import { Attempt, type AttemptHome } from './attempt.ts';
import type { ProxiedLocation } from './proxied-location.ts';
import { RequestPlan } from './request-plan.ts';

/** The page of a status location. */
export interface StatusPage {
  readonly contentType: string;
  readonly body: string;
}

export interface ProxyOptions {
  readonly clock: Clock;
  readonly servers: readonly VirtualServer[];
  /** By id. */
  readonly upstreams: readonly Upstream[];
  /** The targets for the access logs of a location. */
  readonly logsOf: (location: Location) => readonly AccessLogTarget[];
  readonly statusPage: (format: 'stub' | 'json') => StatusPage;
  /** For the error log: a try failed, whether or not another one follows. */
  readonly onAttemptFailed: AttemptHome['onAttemptFailed'];
}

/** How one location answers, compiled. */
interface Served {
  readonly location: Location;
  readonly logs: readonly AccessLogTarget[];
  readonly proxied: ProxiedLocation | undefined;
}

/** nginx: close the connection without an answer. */
const STATUS_NO_ANSWER = 444;
const MAX_FREE_ATTEMPTS = 1024;
const UNCLEAN = /[\0-\x1f\x7f]/;

export class Proxy implements AttemptHome {
  readonly #clock: Clock;
  readonly #router: Router;
  readonly #served = new Map<Location, Served>();
  readonly #statusPage: (format: 'stub' | 'json') => StatusPage;
  readonly onAttemptFailed: AttemptHome['onAttemptFailed'];
  readonly #attempts = new FreeList<Attempt>(() => new Attempt(this), MAX_FREE_ATTEMPTS);

  constructor(options: ProxyOptions) {
    this.#clock = options.clock;
    this.#router = new Router(options.servers);
    this.#statusPage = options.statusPage;
    this.onAttemptFailed = options.onAttemptFailed;
    for (const { fallback, locations } of options.servers) {
      for (const location of [...locations, fallback]) {
        this.#served.set(location, {
          location,
          logs: options.logsOf(location),
          proxied: proxiedOf(location, options.upstreams),
        });
      }
    }
  }

  /** Finds the location and lets it answer; the answer may come now or later. */
  serve(exchange: Exchange, listenKey: string): void {
    const { request } = exchange;
    const routed = this.#router.findServer(listenKey, request.host);
    if (routed === undefined) {
      refuse(exchange, 'no_route');
      return;
    }
    const location = this.#router.findLocation(routed, request.path);
    const served = this.#served.get(location) as Served;
    exchange.serverName = routed.name;
    exchange.limits = location.client;
    exchange.logs = served.logs;
    const { maxBodyBytes } = location.client;
    if (maxBodyBytes > 0 && request.framing === BODY_LENGTH && request.bodyBytes > maxBodyBytes) {
      refuse(exchange, 'body_too_large'); // before a byte of it is read (H1-17)
      return;
    }
    if (routed.tree.wantsSlash(request.path)) this.#addSlash(exchange, routed);
    else this.#answer(exchange, served);
  }

  #answer(exchange: Exchange, served: Served): void {
    const { proxied } = served;
    if (proxied !== undefined) {
      exchange.proxyHost = proxied.proxyHost;
      exchange.proxyPort = proxied.proxyPort;
      this.#attempts.acquire().begin(exchange, proxied);
      return;
    }
    const { handler } = served.location;
    if (handler.kind === 'return') this.#return(exchange, handler, served.location);
    else if (handler.kind === 'status') {
      const { body, contentType } = this.#statusPage(handler.format);
      answer(exchange, 200, body, contentType, [['Cache-Control', 'no-store']]);
    } else refuse(exchange, 'no_route');
  }

  /** `return`. */
  #return(exchange: Exchange, handler: ReturnHandler, location: Location): void {
    const { body, location: target, status } = handler;
    if (status === STATUS_NO_ANSWER) {
      exchange.response.status = status;
      exchange.downstream?.cut();
    } else if (target !== undefined) {
      const url = target.evaluate(exchange);
      if (UNCLEAN.test(url)) refuse(exchange, 'field_value_malformed');
      else answerStatus(exchange, status, [['Location', absolute(exchange, url)]]);
    } else if (body !== undefined) {
      const type = contentTypeOf(location.content, exchange.request.path);
      answer(exchange, status, body.evaluate(exchange), type);
    } else answerStatus(exchange, status);
  }

  /** `/dir` of a proxied `/dir/` (semantics.md §1 rule 9). */
  #addSlash(exchange: Exchange, routed: RoutedServer): void {
    const { request } = exchange;
    const query = request.queryAt < 0 ? '' : request.originTarget.substring(request.queryAt);
    const path = request.originTarget.substring(
      0,
      request.queryAt < 0 ? undefined : request.queryAt,
    );
    const url = absolute(exchange, `${path}/${query}`, routed.name);
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

/** A path becomes a URL of this server, as with nginx's absolute_redirect and port_in_redirect. */
function absolute(exchange: Exchange, url: string, serverName = exchange.serverName): string {
  if (!url.startsWith('/')) return url;
  const { downstream, request } = exchange;
  const facts = downstream?.facts;
  if (facts === undefined) return url;
  const host = request.host === '' ? serverName || facts.localAddress : request.host;
  const port = facts.localPort === 80 || facts.localPort === 0 ? '' : `:${facts.localPort}`;
  return `${facts.scheme}://${host}${port}${url}`;
}

function proxiedOf(
  location: Location,
  upstreams: readonly Upstream[],
): ProxiedLocation | undefined {
  const { handler, proxy } = location;
  if (handler.kind !== 'proxy') return undefined;
  const upstream = upstreams[handler.upstream];
  if (upstream === undefined) throw new Error(`location of ${location.place.file} has no upstream`);
  return {
    upstream,
    plan: new RequestPlan(location, handler),
    connectTimeoutMs: proxy.connectTimeoutMs,
    timeouts: { readTimeoutMs: proxy.readTimeoutMs, sendTimeoutMs: proxy.sendTimeoutMs },
    proxyHost: handler.hostHeader,
    proxyPort: handler.port,
  };
}
