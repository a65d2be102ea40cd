/**
 * Data path. The client's side of HTTP/1.1: one connection, one exchange at a time. What the intake
 * reads becomes an exchange that is handed to `serve`; what serves it answers through the Downstream
 * methods.
 *
 *   IDLE ─first byte─▶ HEAD ─complete─▶ BODY ─complete─▶ SERVED ─response out─▶ IDLE
 *                        │ refused        │ answered early: DISCARD ──────────────▲
 *                        ▼                ▼                                       │
 *                      LINGER (FIN sent, the rest is dropped until the client closes)
 *   SERVED ─101─▶ TUNNEL ─FIN from both sides─▶ CLOSED
 *
 * Its parts: http1-intake.ts reads, response-writer.ts writes, client-clock.ts has its one timeout,
 * closing.ts whether it ends and why, phase-count.ts what is counted of it.
 *
 * Allocates per exchange only what its response text costs; objects come from the thread's lists, and
 * this one with its parts serves one client after the other (connection-list.ts).
 */

import type { FailureCode } from '#src/base/failure.ts';
import type { Reusable } from '#src/base/free-list.ts';
import type { Linked } from '#src/base/linked-list.ts';
import type { TimeoutOwner } from '#src/base/timer-wheel.ts';
import { refuse } from '#src/exchange/answer.ts';
import type { Downstream } from '#src/exchange/downstream.ts';
import {
  type Exchange,
  RESPONSE_ENDED,
  RESPONSE_NONE,
  RESPONSE_STARTED,
} from '#src/exchange/exchange.ts';
import { F_EXPECT } from '#src/http/field-names.ts';
import type { RequestHead } from '#src/http/message.ts';
import type { ListenerSettings } from '#src/listeners/listener.ts';
import { END_COLUMNS } from '#src/shared/reason-columns.ts';
import { BYTES_IN, CONNECTIONS_ACTIVE, REQUESTS } from '#src/shared/thread-rows.ts';
import type { Connection, ConnectionOwner } from '#src/transport/connection.ts';
import { ClientClock } from './client-clock.ts';
import { Closing } from './closing.ts';
import { ConnectionFacts } from './connection-facts.ts';
import { DetachedDownstream, type DetachedOwner } from './detached-downstream.ts';
import type { HttpThread } from './http-thread.ts';
import { Http1Intake, type IntakeOwner } from './http1-intake.ts';
import { NO_CONNECTION } from './no-connection.ts';
import { PhaseCount } from './phase-count.ts';
import {
  P_BODY,
  P_CLOSED,
  P_DISCARD,
  P_HEAD,
  P_IDLE,
  P_LINGER,
  P_SERVED,
  P_TUNNEL,
} from './phases.ts';
import { ResponseWriter } from './response-writer.ts';

/** A body that was answered early is read to its end when no more than this is to come. */
const MAX_DISCARD_BYTES = 64 * 1024;

/** Who counts the connections. */
export interface ConnectionKeeper {
  /** Once per `open`: it is closed, and no exchange that came from it goes on. */
  onConnectionClosed(connection: Http1Connection): void;
}

export class Http1Connection
  implements
    ConnectionOwner,
    DetachedOwner,
    Downstream,
    IntakeOwner,
    Linked<Http1Connection>,
    Reusable,
    TimeoutOwner
{
  /** Of the list of its listener. */
  before: Http1Connection | undefined = undefined;
  after: Http1Connection | undefined = undefined;
  isLinked = false;
  readonly facts = new ConnectionFacts();
  readonly #thread: HttpThread;
  readonly #settings: ListenerSettings;
  readonly #keeper: ConnectionKeeper;
  readonly #intake: Http1Intake;
  readonly #response = new ResponseWriter();
  readonly #clock: ClientClock;
  readonly #closing: Closing;
  readonly #count: PhaseCount;
  #connection = NO_CONNECTION;
  #exchange: Exchange | undefined = undefined;
  /** The exchange that goes on without the client: this connection counts until it has ended. */
  #detached: DetachedDownstream | undefined = undefined;
  /** The endpoint is slow with the body: the client's clock stands still. */
  #isBodyHeld = false;
  #clientEnded = false;
  /** The 101 has not gone yet. */
  #isTunnelNew = false;

  constructor(thread: HttpThread, settings: ListenerSettings, keeper: ConnectionKeeper) {
    this.#thread = thread;
    this.#count = new PhaseCount(thread.host.row);
    this.#settings = settings;
    this.#keeper = keeper;
    this.#clock = new ClientClock(thread.host, settings.client, this);
    this.#closing = new Closing(thread.host, this.facts);
    this.#intake = new Http1Intake(thread, settings.client, this);
  }

  /** Takes a new client; nothing of one before is left (`reset`). */
  open(connection: Connection): void {
    const { host } = this.#thread;
    this.#connection = connection;
    this.#intake.open(connection);
    this.#response.open(connection);
    this.facts.open(connection, ++this.#thread.connectionSerial, host.clock.refresh());
    connection.owner = this;
    // Once the peer has reset the connection its name cannot be asked for: a log line needs it.
    if (this.#settings.isLogged) connection.remoteAddress();
    this.#count.add(CONNECTIONS_ACTIVE, 1);
    this.#count.enter(P_IDLE);
    this.#clock.open();
  }

  /** Reusable: it has closed, and none of its methods is running. */
  reset(): void {
    this.#clock.reset();
    this.#closing.reset();
    this.#intake.reset();
    this.#response.close();
    this.facts.reset();
    this.#count.reset();
    this.#connection = NO_CONNECTION;
    this.#exchange = undefined;
    this.#detached = undefined;
    this.#isBodyHeld = false;
    this.#clientEnded = false;
    this.#isTunnelNew = false;
  }

  /** Requests so far, the one in progress included. */
  get exchangeCount(): number {
    return this.facts.exchangeCount;
  }

  get isIdle(): boolean {
    return this.#count.phase === P_IDLE && !this.#connection.isQueued;
  }

  /** ConnectionOwner. */
  onBytes(bytes: Buffer, start: number, end: number): void {
    const { exchangeCount } = this.facts;
    this.#count.add(BYTES_IN, end - start);
    this.#intake.take(bytes, start, end);
    this.#awaitHead(exchangeCount);
    if (this.#count.phase === P_BODY) this.#awaitBody();
    else if (this.#count.phase === P_LINGER) this.#clock.awaitClose();
  }

  /** ConnectionOwner. */
  onEnd(): void {
    this.#clientEnded = true;
    switch (this.#count.phase) {
      case P_SERVED:
        // What was pipelined before the FIN is still answered; else the client has given up.
        if (!this.#intake.hasWaiting) this.#abandon('client_abort');
        break;
      case P_BODY:
        this.#abandon('client_abort');
        break;
      case P_TUNNEL:
        if (!this.#isTunnelNew) this.#endRequestOfTunnel();
        break;
      case P_IDLE:
        this.#closing.becauseOfFin();
        this.#close();
        break;
      default:
        this.#closing.because(END_COLUMNS.client_incomplete);
        this.#close();
    }
  }

  /** ConnectionOwner. */
  onDrained(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    if (exchange.responseState === RESPONSE_ENDED) this.#finishExchange(exchange);
    else {
      this.#clock.stop();
      if (this.#count.phase === P_BODY) this.#awaitBody();
      exchange.handler?.onDownstreamWritable(exchange);
    }
  }

  /** ConnectionOwner. */
  onBroken(_errno: string): void {
    if (this.#exchange === undefined) {
      this.#closing.because(END_COLUMNS.client_broke);
      this.#close();
    } else this.#abandon('client_abort');
  }

  /** IntakeOwner. */
  onRequestStart(): RequestHead {
    const { clock } = this.#thread.host;
    const exchange = this.#thread.exchanges.acquire();
    this.#exchange = exchange;
    this.#response.reset();
    exchange.downstream = this;
    exchange.limits = this.#settings.client;
    exchange.startedAtMs = clock.refresh();
    this.facts.exchangeCount += 1;
    this.#count.enter(P_HEAD);
    return exchange.request;
  }

  /** A head that has begun since then, and is not complete, has its time from now on. */
  #awaitHead(exchangeCountBefore: number): void {
    if (this.#count.phase !== P_HEAD || this.facts.exchangeCount === exchangeCountBefore) return;
    this.#clock.awaitHead();
  }

  /** IntakeOwner. */
  onRequestHead(): void {
    const exchange = this.#exchange as Exchange;
    this.#count.add(REQUESTS, 1);
    this.#clock.stop();
    exchange.requestEnded = this.#intake.isComplete;
    this.#count.enter(exchange.requestEnded ? P_SERVED : P_BODY);
    this.#thread.host.serve(exchange, this.#settings.key);
    if (this.#count.phase === P_BODY) this.#awaitBody();
  }

  /** IntakeOwner. */
  onRequestBody(bytes: Buffer, start: number, end: number): void {
    const exchange = this.#exchange;
    if (exchange === undefined || exchange.dropsBody) return;
    exchange.requestBodyBytes += end - start;
    const { maxBodyBytes } = exchange.limits;
    if (maxBodyBytes > 0 && !exchange.isTunnel && exchange.requestBodyBytes > maxBodyBytes) {
      this.#refuseRequest('body_too_large');
    } else exchange.handler?.onRequestBody(exchange, bytes, start, end);
  }

  /** IntakeOwner. */
  onRequestFlush(): void {
    const exchange = this.#exchange;
    exchange?.handler?.onRequestFlush(exchange);
  }

  /** IntakeOwner. */
  onRequestEnd(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) {
      this.#becomeIdle(); // it was answered early, and this was the rest
      return;
    }
    this.#count.enter(P_SERVED);
    this.#stopBodyTime();
    exchange.requestEnded = true;
    exchange.handler?.onRequestEnd(exchange);
  }

  /** IntakeOwner. */
  onRequestMalformed(failure: FailureCode): void {
    if (this.#count.phase === P_HEAD) {
      this.#count.add(REQUESTS, 1);
      this.#count.enter(P_SERVED);
      this.#useDefaultServer();
    }
    this.#refuseRequest(failure);
  }

  /** A head that cannot be read is the default server's to log, as in nginx. */
  #useDefaultServer(): void {
    if (this.#exchange === undefined) return;
    this.#exchange.logs = this.#settings.logs;
    this.#exchange.serverName = this.#settings.serverName;
  }

  /** IntakeOwner. An exception of ours costs this exchange a 500 and nobody else anything. */
  onInternalError(error: unknown): void {
    this.#thread.host.onInternalError(error);
    if (this.#exchange !== undefined) this.#refuseRequest('internal_error');
  }

  /** The request cannot be read on: the endpoint's copy is dropped, the connection closes. */
  #refuseRequest(failure: FailureCode): void {
    this.#closing.nearBecause(
      failure === 'client_body_timeout' ? END_COLUMNS.body_timeout : END_COLUMNS.request_refused,
    );
    const exchange = this.#exchange;
    if (exchange === undefined) {
      this.#linger();
      return;
    }
    const { handler } = exchange;
    exchange.handler = undefined;
    exchange.dropsBody = true; // an error page gets what there is of the request: no body
    handler?.onDownstreamGone(exchange, failure);
    if (exchange.responseState === RESPONSE_NONE) refuse(exchange, failure);
    else if (exchange.responseState === RESPONSE_STARTED) {
      exchange.reason = failure;
      this.cut();
    }
  }

  /** Downstream, as the methods up to `askForBody`. */
  startResponse(): void {
    const exchange = this.#exchange as Exchange;
    exchange.responseState = RESPONSE_STARTED; // fields that are added show the status of this answer
    this.#response.begin(exchange);
    if (exchange.isTunnel) this.#startTunnel();
    const isUnread = this.#count.phase === P_BODY && !this.#canDiscard(exchange);
    const closes = this.#closing.isBehind(exchange, this.#response.endsWithClose, isUnread);
    this.#response.writeHead(exchange, closes, this.#thread.host.clock);
  }

  writeBody(bytes: Buffer, start: number, end: number, stable: boolean): void {
    const exchange = this.#exchange;
    if (exchange !== undefined) this.#response.writeBody(exchange, bytes, start, end, stable);
  }

  endResponse(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    this.#response.end(exchange);
    exchange.responseState = RESPONSE_ENDED;
    if (exchange.isTunnel) this.#connection.end();
    else exchange.handler = undefined;
  }

  /** What the client has sent behind its request is taken when the 101 has gone. */
  #startTunnel(): void {
    this.#isTunnelNew = true;
    this.#closing.nearBecause(END_COLUMNS.tunnel_ended);
    this.#count.enter(P_TUNNEL);
    this.#intake.startTunnel();
  }

  #takeWaiting(exchange: Exchange): void {
    this.#isTunnelNew = false;
    this.#intake.takeWaiting();
    if (this.#clientEnded && this.#exchange === exchange) this.#endRequestOfTunnel();
  }

  /** FIN of the client; the endpoint's side of the tunnel may go on. */
  #endRequestOfTunnel(): void {
    const exchange = this.#exchange as Exchange;
    exchange.requestEnded = true;
    exchange.handler?.onRequestEnd(exchange);
    if (this.#exchange === exchange && exchange.responseState === RESPONSE_ENDED) {
      this.#finishExchange(exchange);
    }
  }

  flush(): boolean {
    const exchange = this.#exchange;
    // Whoever closes behind it has to know that the kernel has it all.
    const closes = this.#closing.isNear || this.#clientEnded;
    const isOut = closes ? this.#connection.flushNow() : this.#connection.flush();
    if (exchange === undefined) return isOut;
    if (!isOut) this.#clock.awaitReader(exchange.limits);
    else if (exchange.responseState === RESPONSE_ENDED) this.#finishExchange(exchange);
    if (this.#isTunnelNew) this.#takeWaiting(exchange);
    return isOut;
  }

  cut(): void {
    const exchange = this.#exchange;
    // Of a tunnel: FIN has gone behind the last byte, and RST would destroy what is on its way.
    const isWhole = exchange?.responseState === RESPONSE_ENDED;
    if (exchange !== undefined) {
      exchange.responseState = RESPONSE_ENDED;
      exchange.handler = undefined;
      this.#release(exchange);
    }
    this.#closing.because(END_COLUMNS.response_cut);
    // A body that ends with the connection would look whole after a FIN; a counted one cannot.
    this.#close(this.#response.endsWithClose && !isWhole);
  }

  holdRequestBody(): void {
    this.#connection.holdReading();
    this.#isBodyHeld = true;
    if (this.#count.phase === P_BODY) this.#stopBodyTime();
  }

  letGoRequestBody(): void {
    if (this.#count.phase === P_CLOSED) return;
    this.#connection.letGoReading();
    this.#isBodyHeld = false;
    if (this.#count.phase === P_BODY) this.#awaitBody();
  }

  sendInformational(): void {
    const exchange = this.#exchange;
    if (exchange === undefined || exchange.request.minorVersion === 0) return;
    this.#response.writeInformational(exchange);
    this.#connection.flush();
  }

  askForBody(): void {
    const exchange = this.#exchange;
    if (exchange === undefined || !exchange.request.expectsContinue) return;
    exchange.request.expectsContinue = false;
    if (this.#intake.bodyCameWithHead || this.#count.phase !== P_BODY) return;
    if (exchange.requestBodyBytes > 0) return; // it did not wait for us
    this.#connection.queueText('HTTP/1.1 100 Continue\r\n\r\n');
    this.#connection.flush();
  }

  /** Whether what is left of the body is worth reading for the sake of the connection. */
  #canDiscard(exchange: Exchange): boolean {
    return (
      this.#intake.bodyRemaining <= MAX_DISCARD_BYTES &&
      // Whether it still sends a body that our answer has overtaken, it alone knows (§10.1.1).
      exchange.request.fields.find(F_EXPECT) < 0
    );
  }

  /** The response is out. */
  #finishExchange(exchange: Exchange): void {
    if (exchange.isTunnel) {
      if (!exchange.requestEnded) return; // FIN has gone; the client may go on
      this.#release(exchange);
      this.#close();
      return;
    }
    const wasComplete = exchange.requestEnded;
    const wantsClose = !exchange.request.keepAlive;
    this.#clock.keepFor(exchange.limits);
    const { lingeringClose, lingeringTimeMs } = exchange.limits;
    this.#release(exchange);
    if (this.#closing.isNear) {
      // The client said close and has sent all: nothing can be on its way, no need to linger.
      const isQuiet = wantsClose && wasComplete && !this.#intake.hasWaiting;
      if (lingeringClose === 'off' || (isQuiet && lingeringClose === 'on')) this.#close();
      else {
        this.#clock.lingerFor(lingeringTimeMs);
        this.#linger();
      }
    } else if (!wasComplete) {
      this.#count.enter(P_DISCARD);
      this.#intake.discardRest();
      this.#clock.awaitRest();
    } else this.#becomeIdle();
  }

  /** The exchange is over; the connection has none afterwards. */
  #release(exchange: Exchange): void {
    this.#exchange = undefined;
    this.#thread.endExchange(exchange);
  }

  /** Ready for the next request, which may have come already. */
  #becomeIdle(): void {
    this.#count.enter(P_IDLE);
    this.#clock.awaitNext();
    const { exchangeCount } = this.facts;
    this.#intake.next();
    this.#awaitHead(exchangeCount);
    // The FIN had come before: what is not complete by now never will be.
    if (this.#clientEnded && !this.#intake.isTaking && this.#count.phase !== P_SERVED) this.onEnd();
  }

  /** The client has this long for its next bytes of the body; to read what queues comes first. */
  #awaitBody(): void {
    const exchange = this.#exchange;
    if (exchange === undefined || this.#isBodyHeld || this.#connection.isQueued) return;
    if (exchange.dropsBody) return; // nobody waits for it: an error page is on its way
    this.#clock.awaitBody(exchange.limits);
  }

  /** Nobody waits for the client's body; to read what queues it still has its time. */
  #stopBodyTime(): void {
    if (!this.#connection.isQueued) this.#clock.stop();
  }

  onTimeout(): void {
    const exchange = this.#exchange;
    switch (this.#count.phase) {
      case P_HEAD:
        this.#closing.nearBecause(END_COLUMNS.head_timeout);
        if (exchange !== undefined) {
          this.#count.enter(P_SERVED);
          this.#intake.close();
          this.#useDefaultServer();
          refuse(exchange, 'client_header_timeout');
        }
        break;
      case P_BODY:
        if (this.#connection.isQueued) this.#abandon('client_send_timeout');
        else if (exchange?.dropsBody !== true) this.#refuseRequest('client_body_timeout');
        break;
      case P_SERVED:
      case P_TUNNEL:
        if (this.#connection.isQueued) this.#abandon('client_send_timeout');
        break;
      case P_IDLE:
        this.#closing.becauseOfQuiet();
        this.#clock.lingerFor();
        this.#linger();
        break;
      default: // a rest of a body that does not come; one that lingers has its reason
        this.#closing.because(END_COLUMNS.body_timeout);
        this.#close();
    }
  }

  /** Draining has begun: a quiet connection goes after a while, a busy one after its response. */
  drain(): void {
    if (this.#count.phase === P_IDLE) this.#clock.awaitNext();
  }

  /** Idle, it goes for another client. */
  evict(): void {
    this.#closing.because(END_COLUMNS.evicted);
    this.#close();
  }

  /** Everything at once, whatever is in progress. */
  kill(): void {
    this.#closing.because(END_COLUMNS.stopped);
    if (this.#detached !== undefined) this.#detached.kill();
    else if (this.#exchange === undefined) this.#close();
    else this.#abandon('shutting_down');
  }

  /** The client is gone or given up: the exchange ends without a further byte. */
  #abandon(reason: FailureCode): void {
    const exchange = this.#exchange;
    this.#closing.because(
      reason === 'client_send_timeout' ? END_COLUMNS.send_timeout : END_COLUMNS.client_left,
    );
    const { resetTimedout } = exchange?.limits ?? this.#settings.client;
    if (exchange?.handler?.ignoresAbort === true && reason === 'client_abort') {
      this.#detach(exchange);
    } else if (exchange !== undefined) {
      const { handler } = exchange;
      exchange.handler = undefined;
      exchange.reason = reason;
      handler?.onDownstreamGone(exchange, reason);
      if (exchange.responseState === RESPONSE_NONE) exchange.response.status = 499;
      exchange.responseState = RESPONSE_ENDED;
      this.#release(exchange);
    }
    this.#close(this.#response.endsWithClose || (resetTimedout && reason !== 'client_abort'));
  }

  /** The exchange goes on to its end without this connection. */
  #detach(exchange: Exchange): void {
    this.#exchange = undefined;
    exchange.reason = 'client_abort';
    this.#detached = new DetachedDownstream(exchange, this.facts, this.#thread, this);
    const goesOn = exchange.downstream?.leaveClient?.(this.#detached) === true;
    if (!goesOn) exchange.downstream = this.#detached;
    exchange.handler?.onDownstreamWritable(exchange);
  }

  /** DetachedOwner. */
  onDetachedEnd(): void {
    this.#detached = undefined;
    if (this.#count.phase === P_CLOSED) this.#keeper.onConnectionClosed(this);
  }

  /**
   * Sends FIN and drops what still comes: a close with unread input would be a RST, and a RST can
   * destroy the answer before the client has read it (CE-13).
   */
  #linger(): void {
    this.#count.enter(P_LINGER);
    this.#intake.close();
    this.#connection.end();
    if (this.#clientEnded) {
      this.#close();
      return;
    }
    this.#clock.awaitClose();
  }

  #close(withReset = false): void {
    if (this.#count.phase === P_CLOSED) return;
    this.#count.enter(P_CLOSED);
    this.#count.add(CONNECTIONS_ACTIVE, -1);
    this.#closing.record();
    this.#clock.forget();
    this.#intake.close();
    if (this.#exchange !== undefined) {
      const exchange = this.#exchange;
      this.#exchange = undefined;
      this.#thread.exchanges.release(exchange);
    }
    if (withReset) this.#connection.reset();
    else this.#connection.destroy();
    if (this.#detached === undefined) this.#keeper.onConnectionClosed(this);
  }
}
