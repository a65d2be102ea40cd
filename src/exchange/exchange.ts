/**
 * Data path. One request and its response: the state that routing, filters, the attempt, variables
 * and the access log look at, independent of the protocol on either side. Comes from a free list;
 * allocates nothing but the strings of its heads.
 */

import { NO_TIME } from '#src/base/clock.ts';
import type { FailureCode } from '#src/base/failure.ts';
import { RequestHead, ResponseHead } from '#src/http/message.ts';
import type { RequestStore } from '#src/spool/request-store.ts';
import { releaseRequestStore } from '#src/spool/stores.ts';
import type { AccessLogTarget } from './access-record.ts';
import type { Downstream } from './downstream.ts';
import { VariableValues } from './variable-values.ts';

/** How far the response is. */
export const RESPONSE_NONE = 0; //    nothing has left
export const RESPONSE_STARTED = 1; // the head has been handed to the client side
export const RESPONSE_ENDED = 2; //   complete, or cut

/**
 * Who serves the exchange: an attempt, or nobody once it was answered. Body bytes follow the rule
 * of `stable` in downstream.ts.
 */
export interface ExchangeHandler {
  onRequestBody(exchange: Exchange, bytes: Buffer, start: number, end: number): void;
  /** The request is complete. */
  onRequestEnd(exchange: Exchange): void;
  /** The callback that brought request bytes ends: write what was gathered. */
  onRequestFlush(exchange: Exchange): void;
  /** What was queued towards the client has left: the response may go on. */
  onDownstreamWritable(exchange: Exchange): void;
  /** The exchange goes on to its end when the client is gone (`proxy_ignore_client_abort`). */
  readonly ignoresAbort: boolean;
  /** The client is gone or gave up; the exchange must let go of everything upstream now. */
  onDownstreamGone(exchange: Exchange, reason: FailureCode): void;
}

/** Who can answer in place of the usual page of a status: `error_page` of the location. */
export interface Rescuer {
  /** Whether there is an error page for that status now; asking changes nothing. */
  covers(exchange: Exchange, status: number): boolean;
  /**
   * True: the exchange is being answered another way, or was already. False: the usual page it is.
   * Nobody may be serving the exchange any more; what is in its response head is dropped.
   */
  rescue(exchange: Exchange, status: number): boolean;
}

/** What a location says about the client side; `ClientSettings` of listeners/http has more. */
export interface ExchangeLimits {
  /** Largest request body; 0 is unlimited. */
  readonly maxBodyBytes: number;
  /** Longest pause between two reads of the body, two writes of the response. */
  readonly bodyTimeoutMs: number;
  readonly sendTimeoutMs: number;
  readonly keepalive: { readonly timeoutMs: number; readonly headerSec: number };
  /** Requests and age after which a client connection is closed. */
  readonly keepaliveRequests: number;
  readonly keepaliveTimeMs: number;
  /** While draining, an idle connection stays at least so long. */
  readonly keepaliveMinTimeoutMs: number;
  readonly lingeringClose: 'on' | 'off' | 'always';
  readonly lingeringTimeMs: number;
  readonly lingeringTimeoutMs: number;
  readonly serverTokens: 'on' | 'off' | 'build';
  /** A client that timed out gets RST, so that its buffers are freed at once. */
  readonly resetTimedout: boolean;
  /** Bodies of unknown length are chunked to a 1.1 client; else they end with the connection. */
  readonly chunkedToClient: boolean;
  /** What becomes of a redirect to a path of this server (src/proxy/absolute-url.ts). */
  readonly absoluteRedirect: boolean;
  readonly serverNameInRedirect: boolean;
  readonly portInRedirect: boolean;
}

/** Of an exchange that does not live. */
export const NO_LIMITS: ExchangeLimits = {
  maxBodyBytes: 0,
  bodyTimeoutMs: 0,
  sendTimeoutMs: 0,
  keepalive: { timeoutMs: 0, headerSec: 0 },
  keepaliveRequests: 1,
  keepaliveTimeMs: 0,
  keepaliveMinTimeoutMs: 0,
  lingeringClose: 'on',
  lingeringTimeMs: 30_000,
  lingeringTimeoutMs: 5_000,
  serverTokens: 'on',
  resetTimedout: false,
  chunkedToClient: true,
  absoluteRedirect: true,
  serverNameInRedirect: false,
  portInRedirect: true,
};

const NO_LOGS: readonly AccessLogTarget[] = [];

export class Exchange {
  readonly request = new RequestHead();
  /** Another object once a hedge has won: nobody keeps it beyond a call. */
  response = new ResponseHead();
  /** Set while the exchange lives. */
  downstream: Downstream | undefined = undefined;
  handler: ExchangeHandler | undefined = undefined;
  /** The attempt in progress; only the proxy layer knows what it is. */
  attempt: object | undefined = undefined;

  /** The request has been read to its end. */
  requestEnded = false;
  responseState = RESPONSE_NONE;
  /** Why the proxy answered by itself or gave up; '' when the endpoint's answer went through. */
  reason: FailureCode | '' = '';
  /** The downstream connection must close after this response. */
  closeAfter = false;

  /** Clock.nowMs when the first byte of the request was handled. */
  startedAtMs = NO_TIME;
  /** Body bytes of the request read so far. */
  requestBodyBytes = 0;
  /** Body bytes handed to the client, without framing ($body_bytes_sent). */
  bodyBytesSent = 0;
  /** All bytes handed to the client ($bytes_sent). */
  bytesSent = 0;

  /** The client's address, once `real_ip` found another than its connection has; else ''. */
  realAddress = '';
  realPort = 0;

  // What routing found.
  /** First name of the virtual server ($server_name). */
  serverName = '';
  /** What holds for the client side; that of the default server until a location was found. */
  limits: ExchangeLimits = NO_LIMITS;
  logs: readonly AccessLogTarget[] = NO_LOGS;
  /** Set when the location has `error_page`s. */
  rescuer: Rescuer | undefined = undefined;
  /** Internal redirects, and new paths by `rewrite`, so far. */
  redirects = 0;
  /** `rewrite` or an internal redirect has led here: `internal` locations answer. */
  isInternal = false;
  /** The status to send whatever answers from here on (`error_page`); 0 leaves it as it is. */
  statusOverride = 0;
  /** WWW-Authenticate of an answer that an error page stands for; a 401 needs it. */
  challenge = '';
  /** `rewrite … break` made the path: nothing of it is replaced by the URI of `proxy_pass`. */
  ignoresPassUri = false;
  /** An internal redirect made a GET of it: the body the client sent goes to no endpoint. */
  dropsBody = false;
  /** `method` and `originTarget` as they came, once an internal redirect has changed them; else ''. */
  clientMethod = '';
  clientTarget = '';
  /** The body, when it is held whole; given back when the exchange ends. */
  requestStore: RequestStore | undefined = undefined;
  /** Trailers of the response go on: the location passes them and the client takes them. */
  keepsTrailers = false;
  /** Both sides speak another protocol since the 101; bytes are relayed as they are. */
  isTunnel = false;

  /** Clock.nowMs when the try in progress must have ended; Infinity: nothing limits it. */
  deadlineAtMs = Number.POSITIVE_INFINITY;

  // What the attempts did. Several attempts are joined by ", " as nginx does.
  /** Host and port as `proxy_pass` names them ($proxy_host, $proxy_port). */
  proxyHost = '';
  proxyPort = '';
  /** What variables in `proxy_pass` made of its URI: sent as it is. */
  passTarget: string | undefined = undefined;
  upstreamAddress = '';
  upstreamStatus = '';
  /** Name of the policy that chose the endpoint. */
  upstreamPolicy = '';
  /** Exchanges in flight at the last endpoint when it was chosen, this one included (wanted.ts). */
  upstreamInFlight = 0;
  /** Milliseconds in the queue of the upstream; −1: it did not wait. */
  upstreamQueueMs = NO_TIME;
  /** Milliseconds from the start of the attempt; −1 when it did not come so far. */
  upstreamConnectMs = NO_TIME;
  upstreamHeaderMs = NO_TIME;
  upstreamResponseMs = NO_TIME;
  /** Of the last attempt: bytes of messages, and of the body that came. */
  upstreamReceivedBytes = 0;
  upstreamSentBytes = 0;
  upstreamBodyBytes = 0;
  /** These three, the three times, and whether a redirect followed, of each attempt before it. */
  upstreamEarlier: number[] | undefined = undefined;

  /** $request_id: made when first asked for. */
  requestId = '';
  /** Variables that are worked out once per exchange, and captures. */
  readonly variables = new VariableValues();

  reset(): void {
    this.request.reset();
    this.response.reset();
    this.downstream = undefined;
    this.handler = undefined;
    this.attempt = undefined;
    this.requestEnded = false;
    this.responseState = RESPONSE_NONE;
    this.reason = '';
    this.closeAfter = false;
    this.startedAtMs = NO_TIME;
    this.requestBodyBytes = 0;
    this.bodyBytesSent = 0;
    this.bytesSent = 0;
    this.realAddress = '';
    this.realPort = 0;
    this.serverName = '';
    this.limits = NO_LIMITS;
    this.logs = NO_LOGS;
    this.rescuer = undefined;
    this.redirects = 0;
    this.isInternal = false;
    this.statusOverride = 0;
    this.challenge = '';
    this.ignoresPassUri = false;
    this.dropsBody = false;
    this.clientMethod = '';
    this.clientTarget = '';
    if (this.requestStore !== undefined) releaseRequestStore(this.requestStore);
    this.requestStore = undefined;
    this.keepsTrailers = false;
    this.isTunnel = false;
    this.deadlineAtMs = Number.POSITIVE_INFINITY;
    this.proxyHost = '';
    this.proxyPort = '';
    this.passTarget = undefined;
    this.upstreamAddress = '';
    this.upstreamStatus = '';
    this.upstreamPolicy = '';
    this.upstreamInFlight = 0;
    this.upstreamQueueMs = NO_TIME;
    this.upstreamConnectMs = NO_TIME;
    this.upstreamHeaderMs = NO_TIME;
    this.upstreamResponseMs = NO_TIME;
    this.upstreamReceivedBytes = 0;
    this.upstreamSentBytes = 0;
    this.upstreamBodyBytes = 0;
    this.upstreamEarlier = undefined;
    this.requestId = '';
    this.variables.reset();
  }
}
