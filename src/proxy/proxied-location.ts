/** What the attempts of one location need, complete and frozen. */

import type { Exchange } from '#src/exchange/exchange.ts';
import type { Location, ProxyHandler } from '#src/routing/model.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { ResponseLimits } from '#src/spool/response-store.ts';
import type { UpstreamTraits } from '#src/upstream/pool/response-sink.ts';
import type { RunTimeUpstreams } from '#src/upstream/run-time-upstreams.ts';
import type { Upstream } from '#src/upstream/upstream.ts';
import type { AccelRedirect } from './accel-redirect.ts';
import { AnswerRules } from './answer-rules.ts';
import { type BindLog, type BoundPass, bindUpstream } from './bound-pass.ts';
import type { ProxySettings } from './directives.ts';
import { ForcedRanges } from './forced-ranges.ts';
import { HedgeDelay } from './hedge-delay.ts';
import { type OwnRequest, ownRequest } from './own-request.ts';
import {
  RateLimits,
  type RateSettings,
  rateLimits,
  SlowedRate,
  WishedRate,
} from './rate-limits.ts';
import type { RequestStoreLimits } from './request-feed.ts';
import { RequestPlan } from './request-plan.ts';
import type { RetryRules } from './retry.ts';
import { RunTimePass, type UpstreamFinder } from './run-time-pass.ts';
import { type Shaping, shaping } from './shaping.ts';
import { type StoreLog, StoreRules } from './stored-copy.ts';
import type { TryTimes } from './try-clock.ts';

export interface ProxiedLocation {
  /** Undefined: `pass` finds one for each exchange. */
  readonly upstream: Upstream | undefined;
  /** Variables in `proxy_pass` or `proxy_bind`. */
  readonly pass: UpstreamFinder | undefined;
  /** `proxy_bind_dynamic` with variables in `proxy_bind`. */
  readonly rebinds: BoundPass | undefined;
  readonly plan: RequestPlan;
  /** `proxy_ignore_headers X-Accel-Buffering`. */
  readonly ignoresBufferingWish: boolean;
  /** `X-Accel-Redirect`; undefined when `proxy_ignore_headers` has it. */
  readonly accel: AccelRedirect | undefined;
  /** What becomes of the fields of an answer. */
  readonly answer: AnswerRules;
  readonly connectTimeoutMs: number;
  readonly traits: UpstreamTraits;
  /** `$proxy_host` and `$proxy_port`. */
  readonly proxyHost: string;
  readonly proxyPort: string;
  /** Where request bodies are held; undefined: they are streamed, unless HTTP/1.0 needs a length. */
  readonly requestLimits: RequestStoreLimits | undefined;
  /** The same, for a body that cannot be streamed. */
  readonly heldLimits: RequestStoreLimits;
  /** Where responses wait for slow clients; undefined: the endpoint waits. */
  readonly responseLimits: ResponseLimits | undefined;
  /** The same for those with `X-Accel-Buffering: yes`. */
  readonly wishedLimits: ResponseLimits;
  /** How fast, and which part of, responses go; undefined: all as fast as they can. */
  readonly shaping: Shaping | undefined;
  /** The same for those with `X-Accel-Limit-Rate`. */
  readonly wished: Shaping | undefined;
  readonly retry: RetryRules;
  /** Times that nginx does not have; undefined without any. */
  readonly times: TryTimes | undefined;
  /** Some status of an endpoint's answer means another try, or a page of ours. */
  readonly watchesStatus: boolean;
  readonly interceptErrors: boolean;
  readonly ignoreClientAbort: boolean;
  readonly passTrailers: boolean;
  readonly passRequestBody: boolean;
  /** Method or body of our own; undefined: those of the client. */
  readonly own: OwnRequest | undefined;
  /** 1xx go on to the client when one of these is neither empty nor "0" (`early_hints`). */
  readonly earlyHints: readonly ComplexValue<Exchange>[];
}

/** Plans by settings and by what else they depend on: in large configurations most are alike. */
export type PlanTable = Map<Location['proxy'], Map<string, RequestPlan>>;

function planOf(location: Location, handler: ProxyHandler, plans: PlanTable): RequestPlan {
  if (handler.target !== undefined) return new RequestPlan(location, handler);
  const { match, proxy, via } = location;
  const uri = handler.uri === undefined ? '' : `${match.path.length} ${handler.uri}`;
  const key = [handler.hostHeader, via, uri].join('\0');
  const alike = plans.get(proxy) ?? new Map<string, RequestPlan>();
  plans.set(proxy, alike);
  const plan = alike.get(key) ?? new RequestPlan(location, handler);
  alike.set(key, plan);
  return plan;
}

/** For the error log. */
export interface ProxyLogs {
  /** `proxy_bind` is no address. */
  readonly onBindInvalid: BindLog;
  /** `proxy_store` has not kept an answer; absent where none may be kept. */
  readonly onStoreFailed?: StoreLog;
}

/**
 * How exchanges of a location with `proxy_pass` are passed on. `slowest`: bytes per second that no
 * answer may exceed; 0 for any.
 */
export function proxiedLocation(
  location: Location,
  handler: ProxyHandler,
  upstreams: readonly Upstream[],
  runTime: RunTimeUpstreams,
  logs: ProxyLogs,
  plans: PlanTable,
  accel: AccelRedirect,
  slowest = 0,
): ProxiedLocation {
  const { client, proxy } = location;
  const written = handler.upstream === undefined ? undefined : upstreams[handler.upstream];
  const named = handler.target && new RunTimePass(handler.target, runTime);
  if (written === undefined && named === undefined) {
    throw new Error(`location of ${location.place.file} has no upstream`);
  }
  const { onBindInvalid } = logs;
  const { pass, rebinds, upstream } = bindUpstream(proxy, written, named, onBindInvalid);
  const passRequestBody = proxy.passRequestBody && proxy.setBody === undefined;
  const ignored = proxy.ignoredFields.flat();
  const storeLimits = responseLimitsOf(proxy);
  const isOld = proxy.httpVersion === '1.0';
  const heldLimits = { memoryBytes: client.bodyBufferBytes, directory: client.bodyTempPath };
  return {
    upstream,
    pass,
    rebinds,
    plan: planOf(location, handler, plans),
    ignoresBufferingWish: ignored.includes('x-accel-buffering'),
    accel: ignored.includes('x-accel-redirect') ? undefined : accel,
    answer: new AnswerRules(location),
    connectTimeoutMs: proxy.connectTimeoutMs,
    traits: {
      readTimeoutMs: proxy.readTimeoutMs,
      sendTimeoutMs: proxy.sendTimeoutMs,
      maxHeadBytes: proxy.bufferBytes,
      closes: isOld,
    },
    proxyHost: handler.hostHeader,
    proxyPort: handler.port,
    requestLimits: proxy.requestBuffering || !passRequestBody ? heldLimits : undefined,
    heldLimits,
    responseLimits: proxy.buffering ? storeLimits : undefined,
    wishedLimits: storeLimits,
    ...shapingOf(location, ignored, storeOf(location, logs), slowest),
    retry: {
      on: proxy.nextUpstream,
      honoursKey: proxy.nextUpstream.withKey && passesField(proxy, 'idempotency-key'),
      maxTries: proxy.nextUpstreamTries,
      timeoutMs: proxy.nextUpstreamTimeoutMs,
    },
    times: timesOf(location),
    watchesStatus: proxy.interceptErrors || proxy.nextUpstream.statuses.size > 0,
    interceptErrors: proxy.interceptErrors,
    ignoreClientAbort: proxy.ignoreClientAbort || proxy.store !== 'off', // nginx: the copy is wanted
    passTrailers: proxy.passTrailers && !isOld, // 1.0 has no chunks that they could follow
    passRequestBody,
    own: ownRequest(proxy),
    earlyHints: proxy.earlyHints,
  };
}

/** The field of that name goes on as it came. */
function passesField({ passRequestHeaders, setHeaders }: ProxySettings, name: string): boolean {
  return passRequestHeaders && !setHeaders.some(([set]) => set.toLowerCase() === name);
}

function timesOf({ deadline, proxy }: Location): TryTimes | undefined {
  const { backoff, hedge, totalTimeoutMs, tryTimeoutMs } = proxy;
  const isUsual = totalTimeoutMs === 0 && tryTimeoutMs === 0 && backoff.baseMs === 0;
  if (isUsual && hedge === 'off' && deadline === undefined) return undefined;
  const delay = hedge === 'off' ? undefined : new HedgeDelay(hedge);
  return { totalMs: totalTimeoutMs, tryMs: tryTimeoutMs, deadline, backoff, hedge: delay };
}

function responseLimitsOf(proxy: ProxySettings): ResponseLimits {
  return {
    memoryBytes: proxy.buffers.count * proxy.buffers.bytes,
    maxFileBytes: proxy.maxTempFileBytes,
    writeBytes: proxy.tempFileWriteBytes,
    directory: proxy.tempPath,
  };
}

function storeOf({ proxy }: Location, { onStoreFailed }: ProxyLogs): StoreRules | undefined {
  if (proxy.store === 'off' || onStoreFailed === undefined) return undefined;
  return new StoreRules(proxy.store, proxy.storeAccess, onStoreFailed);
}

/** `slowest`: bytes per second that no answer may exceed; 0 for any. */
function shapingOf(
  { functions, proxy, setRate }: Location,
  ignored: readonly string[],
  store: StoreRules | undefined,
  slowest: number,
): Pick<ProxiedLocation, 'shaping' | 'wished'> {
  const settings: RateSettings = {
    send: proxy.sendRate,
    sendAfter: proxy.sendRateAfter,
    setSend: setRate,
    // nginx: where a response is not buffered, its client holds the endpoint back anyway.
    read: proxy.buffering ? proxy.readRate : 0,
    waiting: { ...responseLimitsOf(proxy), maxFileBytes: 0 },
  };
  // A function needs the whole body, and makes another one of it.
  const hasRanges = proxy.forceRanges && functions?.responseBody === undefined;
  const ranges = hasRanges ? new ForcedRanges(proxy.maxRanges > 0, store !== undefined) : undefined;
  const slowed = (usual: RateLimits): RateLimits => {
    return slowest === 0 ? usual : new SlowedRate(settings, usual, slowest);
  };
  const rates = slowest === 0 ? rateLimits(settings) : slowed(new RateLimits(settings));
  const fixed = shaping({ rates, ranges, store });
  const isWishIgnored = ignored.includes('x-accel-limit-rate');
  return {
    shaping: fixed,
    wished: isWishIgnored
      ? fixed
      : shaping({ rates: slowed(new WishedRate(settings)), ranges, store }),
  };
}
