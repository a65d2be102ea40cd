/**
 * One connection of a user to the edge, and what is said over it: sends what a conversation wants,
 * verifies every answer byte by byte, and goes away in the middle when the plan wants it.
 */
import { connect, type Socket } from 'node:net';
import { BodyCheck, type Secrets } from './bytes.ts';
import { missingIn, mustSucceed, problemsOfHead } from './judge.ts';
import { type BodyRule, type Head, MessageReader, type MessageSink } from './message-reader.ts';
import { downPiece, resetSocket, trailerOf } from './messages.ts';
import { answerHasBody, type Conversation, type ExchangePlan } from './plan.ts';
import { type Sending, sendRequests } from './send-requests.ts';
import type { Tally } from './tally.ts';

/** How long a conversation may take. Nothing waits for this to pass unless something is stuck. */
const PATIENCE_MS = 15_000;
/** Pauses of a slow reader. */
const MAX_SIPS = 20;
const SIP_MS = 2;
/** Before the first: what is sent meanwhile has to wait at the edge, not in the kernel. */
const FIRST_SIP_MS = 40;

/** What a conversation measured, for who wants to cut the next one by it. */
export interface Measured {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Of the last request, as the origin got it; 0 when it told none. */
  readonly requestBytesAtOrigin: number;
  readonly okCount: number;
}

export class ClientLine implements MessageSink {
  readonly #secrets: Secrets;
  readonly #tally: Tally;
  readonly #socket: Socket;
  #reader = new MessageReader(this, true);
  #conversation: Conversation | undefined;
  /** The last exchange of the conversation before. */
  #before = '';
  #resolve: ((measured: Measured) => void) | undefined;
  #patience: NodeJS.Timeout | undefined;
  /** Answers that have come to their end. */
  #answered = 0;
  readonly #answeredIds: string[] = [];
  #check: BodyCheck | undefined;
  #status = 0;
  #isCut = false;
  #receivedBytes = 0;
  #requestBytesAtOrigin = 0;
  #okCount = 0;
  #sips = 0;
  #sending: Sending | undefined;
  #hasSent = false;
  #isTunnel = false;
  #mustClose = false;
  /** There is no tunnel for what was sent into it. */
  #isRefused = false;
  #hasGone = false;
  #end: 'open' | 'fin' | 'rst' = 'open';

  constructor(port: number, secrets: Secrets, tally: Tally) {
    this.#secrets = secrets;
    this.#tally = tally;
    this.#socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
    this.#socket.on('data', (bytes: Buffer) => this.#take(bytes));
    this.#socket.on('end', () => this.#onFin());
    this.#socket.on('error', () => this.#onEnd('rst'));
    this.#socket.on('close', () => this.#onEnd('rst'));
  }

  /** The next conversation may use it. */
  get isUsable(): boolean {
    return (
      this.#end === 'open' &&
      !this.#mustClose &&
      !this.#hasGone &&
      !this.#isTunnel &&
      !this.#isRefused
    );
  }

  /** It goes away before it has sent all. */
  get #willGo(): boolean {
    return this.#sending?.isShort ?? false;
  }

  /** Resolves when every answer has come, or the connection is gone. Never rejects. */
  converse(conversation: Conversation): Promise<Measured> {
    this.#before = this.#conversation?.exchanges.at(-1)?.id ?? '';
    this.#conversation = conversation;
    this.#answered = 0;
    this.#receivedBytes = 0;
    this.#okCount = 0;
    this.#sips = 0;
    this.#hasSent = false;
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#patience = setTimeout(() => this.#onStuck(), PATIENCE_MS);
      if (conversation.fault.kind === 'client-slow') this.#sip();
      const onSent = (): void => this.#onSent(conversation);
      this.#sending = sendRequests(this.#socket, this.#secrets, conversation, onSent);
    });
  }

  /** Closes it, whatever is going on. */
  close(): void {
    this.#hasGone = true;
    this.#socket.destroy();
  }

  // ---- Sending -----------------------------------------------------------------------------------

  #onSent(conversation: Conversation): void {
    if (this.#conversation !== conversation) return;
    const { fault, pauseMs } = conversation;
    this.#hasSent = true;
    if (this.#willGo) {
      if (pauseMs === 0) this.#goAway(fault.how);
      else setTimeout(() => this.#goAway(fault.how), pauseMs);
    } else if (this.#isTunnel) this.#socket.end();
    this.#resolveIfDone();
  }

  #goAway(how: 'fin' | 'rst'): void {
    if (this.#hasGone || this.#end !== 'open') return;
    this.#hasGone = true;
    this.#tally.count(`fault struck: ${this.#conversation?.fault.kind} ${how}`);
    if (how === 'rst') {
      resetSocket(this.#socket);
      this.#onEnd('rst');
    } else if (this.#conversation?.fault.kind === 'client-response') {
      this.#socket.destroy();
      this.#onEnd('fin');
    } else this.#socket.end(); // the edge has to close its side, too
  }

  // ---- Reading -----------------------------------------------------------------------------------

  #take(bytes: Buffer): void {
    if (this.#end !== 'open') return;
    const { kind, how, at } = this.#conversation?.fault ?? { kind: 'none', how: 'fin', at: 0 };
    const room = kind === 'client-response' ? at - this.#receivedBytes : Number.POSITIVE_INFINITY;
    this.#receivedBytes += bytes.length;
    if (bytes.length >= room) {
      this.#reader.feed(bytes.subarray(0, room));
      this.#goAway(how === 'rst' ? 'rst' : 'fin');
      return;
    }
    this.#reader.feed(bytes);
    if (kind === 'client-slow') this.#sip();
  }

  #sip(): void {
    if (this.#sips >= MAX_SIPS) return;
    this.#sips += 1;
    this.#socket.pause();
    const ms = this.#sips === 1 ? FIRST_SIP_MS : SIP_MS;
    setTimeout(() => this.#socket.resume(), ms);
  }

  /** MessageSink. */
  onHead({ line, fields }: Head): BodyRule {
    const [, digits] = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(line) ?? [];
    if (digits === undefined && !this.#isRefused) this.#offend('malformed', line.slice(0, 80));
    this.#status = Number(digits);
    const plan = this.#conversation?.exchanges[this.#answered];
    const id = fields.get('x-id');
    if (plan === undefined) {
      if (this.#isRefused) return 'none';
      this.#onSurplus(`${line}, x-id ${id}`, id);
      return 'none';
    }
    if (id !== undefined && id !== this.#secrets.signed(plan.user, plan.id)) {
      const offence = this.#answeredIds.includes(id) ? 'duplicated' : 'mixed';
      this.#offend(offence, `the client got an answer with the id ${id}`);
    }
    if (this.#status < 200 && this.#status !== 101) {
      this.#tally.count(`informational ${this.#status}`);
      if (this.#status === 100) this.#sending?.sendRest();
      return 'none';
    }
    const persistence = fields.get('connection')?.toLowerCase();
    if (persistence === 'close') this.#mustClose = true;
    if (plan.minorVersion === 0 && persistence !== 'keep-alive') this.#mustClose = true;
    return id === undefined ? this.#onOwnAnswer(plan) : this.#onOriginHead(plan, fields);
  }

  #onOwnAnswer(plan: ExchangePlan): BodyRule {
    this.#check = undefined;
    if (this.#status < 400) this.#offend('mixed', `an answer ${this.#status} of nobody`);
    // What was meant for the tunnel is no request, but may be read as one: nobody waits for that.
    if (plan.requestKind === 'upgrade') this.#isRefused = true;
    if (plan.method !== 'HEAD') return 'framed';
    this.#settle();
    return 'none';
  }

  #onOriginHead(plan: ExchangePlan, fields: ReadonlyMap<string, string>): BodyRule {
    const { method, answerKind } = plan;
    const piece = downPiece(plan, this.#secrets);
    this.#isCut = fields.get('x-cut') === '1';
    this.#requestBytesAtOrigin = Number(fields.get('x-request-bytes'));
    for (const problem of problemsOfHead(plan, this.#secrets, this.#status, fields)) {
      this.#offend('mixed', problem);
    }
    if (plan.fault.kind === 'origin-early') this.#sending?.sendRest();
    const hasBody = answerHasBody(plan) || answerKind === 'upgrade';
    this.#check = new BodyCheck(
      this.#secrets,
      hasBody ? piece : { user: plan.user, at: 0, byteCount: 0 },
    );
    if (answerKind === 'upgrade') {
      this.#isTunnel = true;
      // A FIN before there is a tunnel would be a client that has given up.
      if (this.#hasSent && !this.#willGo) this.#socket.end();
      this.#sending?.sendRest();
      return 'tunnel';
    }
    if (method !== 'HEAD' && answerKind !== '204' && answerKind !== '304') return 'framed';
    this.#settle();
    return 'none';
  }

  /** MessageSink. */
  onBody(bytes: Buffer): void {
    const check = this.#check;
    if (check === undefined || check.problem !== '') return;
    check.take(bytes);
    if (check.problem !== '') this.#offend('mixed', `at the client: ${check.problem}`);
  }

  /** MessageSink. */
  onEnd(trailers: ReadonlyMap<string, string>): void {
    const plan = this.#conversation?.exchanges[this.#answered];
    const trailer = trailers.get('x-end');
    if (trailer !== undefined && plan !== undefined) {
      this.#tally.count('answer trailers at the client');
      if (trailer !== trailerOf(plan, this.#secrets)) this.#offend('mixed', `trailer ${trailer}`);
    }
    this.#settle();
  }

  /** MessageSink. */
  onMalformed(what: string): void {
    this.#offend('malformed', `at the client: ${what}`);
    this.#socket.destroy();
  }

  /** An answer has come to its end. */
  #settle(): void {
    const conversation = this.#conversation as Conversation;
    const plan = conversation.exchanges[this.#answered] as ExchangePlan;
    const check = this.#check;
    this.#answered += 1;
    this.#check = undefined;
    if (check === undefined) {
      this.#tally.verdict('failed');
      this.#tally.count(`status ${this.#status}`);
      if (mustSucceed(conversation)) this.#offend('unexpected', `status ${this.#status}`, plan);
    } else {
      this.#answeredIds.push(this.#secrets.signed(plan.user, plan.id));
      if (this.#answeredIds.length > 8) this.#answeredIds.shift();
      const missing = missingIn(plan, check, this.#isCut);
      if (missing !== '') this.#offend('truncated', missing, plan);
      this.#tally.verdict('ok');
      this.#okCount += 1;
    }
    this.#resolveIfDone();
  }

  #onSurplus(what: string, id = ''): void {
    const isTwice = this.#answeredIds.includes(id);
    this.#offend(isTwice ? 'duplicated' : 'mixed', `behind the last answer came ${what}`);
    this.#socket.destroy();
  }

  // ---- The end -----------------------------------------------------------------------------------

  #onFin(): void {
    if (this.#end !== 'open') return;
    if (this.#answered === this.#conversation?.exchanges.length) {
      if (this.#reader.isInMessage && !this.#isRefused)
        this.#onSurplus(this.#reader.pendingText.slice(0, 80));
    } else if (this.#isTunnel) {
      this.#settle();
      if (!this.#hasSent || this.#willGo) return; // the other way is still open
    } else if (!this.#hasGone || this.#reader.isInMessage) this.#reader.finish();
    this.#onEnd('fin');
    this.#socket.end();
  }

  #onEnd(how: 'fin' | 'rst'): void {
    if (this.#end !== 'open') return;
    this.#end = how;
    const conversation = this.#conversation;
    if (conversation === undefined || this.#resolve === undefined) return;
    for (const plan of conversation.exchanges.slice(this.#answered)) {
      this.#tally.verdict(this.#hasGone ? 'aborted' : 'failed');
      if (this.#hasGone) continue;
      const where = this.#reader.isInMessage ? 'within an answer' : 'before an answer';
      this.#tally.count(`cut by ${how} ${where}`);
      // After an answer that said close the others were in vain, as was announced.
      const isAnnounced = this.#mustClose && !this.#reader.isInMessage;
      if (isAnnounced || !mustSucceed(conversation)) continue;
      this.#offend('unexpected', `cut by ${how} ${where}`, plan);
    }
    this.#finish();
  }

  #resolveIfDone(): void {
    const conversation = this.#conversation;
    if (conversation === undefined || this.#answered < conversation.exchanges.length) return;
    if (!this.#hasSent && this.#sending?.isHoldingBack !== true) return;
    // The edge has refused before the body was asked for: it is not sent any more.
    if (!this.#hasSent) {
      this.#mustClose = true;
      if (this.#willGo) this.#goAway(conversation.fault.how);
    }
    // A cut conversation ends by its cut, which is still to come.
    if (this.#willGo && !this.#hasGone) return;
    this.#finish();
    if (this.#isRefused) this.close();
    else if (this.#mustClose && this.#end === 'open') this.#closeSoon();
  }

  #closeSoon(): void {
    this.#socket.end();
    const guard = setTimeout(() => this.#socket.destroy(), PATIENCE_MS).unref();
    this.#socket.once('close', () => clearTimeout(guard));
  }

  #finish(): void {
    clearTimeout(this.#patience);
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve?.({
      sentBytes: this.#sending?.byteCount ?? 0,
      receivedBytes: this.#receivedBytes,
      requestBytesAtOrigin: this.#requestBytesAtOrigin,
      okCount: this.#okCount,
    });
  }

  #onStuck(): void {
    const { exchanges = [] } = this.#conversation ?? {};
    const what = `${this.#answered} of ${exchanges.length} answered, ${this.#receivedBytes} bytes`;
    this.#offend('stuck', `nothing for ${PATIENCE_MS} ms: ${what}`);
    this.#hasGone = true;
    this.#socket.destroy();
    this.#onEnd('rst');
  }

  #offend(
    offence: Parameters<Tally['offence']>[0],
    story: string,
    plan = this.#conversation?.exchanges[this.#answered],
  ): void {
    const at = plan?.id ?? `${this.#conversation?.exchanges.at(-1)?.id ?? '?'}+`;
    const faults = JSON.stringify(this.#conversation?.exchanges.map(({ fault }) => fault.kind));
    const own = JSON.stringify(this.#conversation?.fault);
    const before = this.#before === '' ? 'on a fresh connection' : `behind ${this.#before}`;
    this.#tally.offence(offence, at, `${story} [client ${own}, origin ${faults}, ${before}]`);
  }
}
