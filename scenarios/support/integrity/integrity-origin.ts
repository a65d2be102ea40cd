/**
 * The origin: reads what the edge sends, verifies that it is exactly what the plan in its target
 * says, answers by that plan, and goes away in the middle when the plan wants it.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { crc32 } from 'node:zlib';
import { BodyCheck, type Secrets } from './bytes.ts';
import { type BodyRule, type Head, MessageReader, type MessageSink } from './message-reader.ts';
import {
  answerBytes,
  byteCountOf,
  closesBehind,
  requestMarks,
  resetSocket,
  sendInPieces,
  trailerOf,
  upPiece,
} from './messages.ts';
import { type ExchangePlan, isIdempotent, NO_FAULT, planOf, targetOf } from './plan.ts';
import type { Tally } from './tally.ts';

/** What nobody asked for: were it ever handed to a client, its id would tell. */
const SURPLUS = Buffer.from(
  'HTTP/1.1 200 OK\r\nX-Id: surplus\r\nContent-Length: 7\r\n\r\nsurplus',
  'latin1',
);
/** Behind a FIN in the middle, the edge's own end is awaited so long. */
const CLOSE_MS = 5_000;

export class IntegrityOrigin {
  readonly #servers: Server[] = [];
  readonly secrets: Secrets;
  readonly tally: Tally;
  readonly #sockets = new Set<Socket>();
  /** How often the heads of requests came that may come once, or of faults that strike once. */
  readonly #seen = new Map<string, number>();

  constructor(secrets: Secrets, tally: Tally) {
    this.secrets = secrets;
    this.tally = tally;
  }

  /** Listens at one more port of 127.0.0.1, which the kernel chooses. */
  async listen(): Promise<number> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    this.#servers.push(server);
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      new OriginLine(this, socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The head of this request has come: how often before. */
  noteHead(plan: ExchangePlan): number {
    if (isIdempotent(plan.method) && !plan.fault.isOnce) return 0;
    const before = this.#seen.get(plan.id) ?? 0;
    this.#seen.set(plan.id, before + 1);
    if (before > 0) this.tally.count('requests that came again');
    if (before > 0 && !isIdempotent(plan.method)) {
      this.tally.offence('duplicated', plan.id, `${plan.method} came ${before + 1} times`);
    }
    return before;
  }
}

/** One connection from the edge. */
class OriginLine implements MessageSink {
  readonly #origin: IntegrityOrigin;
  readonly #socket: Socket;
  readonly #reader = new MessageReader(this, false);
  #plan: ExchangePlan | undefined;
  #check: BodyCheck | undefined;
  /** Bytes of the request so far, as they came. */
  #requestBytes = 0;
  #hasAnswered = false;
  #hasGone = false;
  #isTunnel = false;
  #strikes = false;

  constructor(origin: IntegrityOrigin, socket: Socket) {
    this.#origin = origin;
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('end', () => this.#onFin());
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#hasGone = true;
    });
  }

  #take(bytes: Buffer): void {
    if (this.#hasGone) return;
    this.#requestBytes += bytes.length;
    this.#reader.feed(bytes);
    const plan = this.#plan;
    if (plan === undefined || this.#hasGone || this.#hasAnswered || !this.#strikes) return;
    const { kind, how, at } = plan.fault;
    if (kind === 'origin-request' && this.#requestBytes >= at) this.#goAway(how);
    else if (kind === 'origin-early' && (this.#check?.seenBytes ?? 0) >= at) this.#answer(plan);
  }

  /** MessageSink. */
  onHead({ line, fields }: Head): BodyRule {
    const { secrets, tally } = this.#origin;
    const [method = '', target = '', version = ''] = line.split(' ');
    const plan = planOf(target);
    if (plan === undefined || targetOf(plan) !== target || plan.method !== method) {
      tally.offence('mixed', '?', `the origin got ${line.slice(0, 200)}`);
      this.#goAway('rst');
      return 'none';
    }
    for (const [name, value] of requestMarks(plan, secrets)) {
      if (fields.get(name) === value) continue;
      tally.offence('mixed', plan.id, `the origin got ${name}: ${fields.get(name)}, not ${value}`);
    }
    if (!/^HTTP\/1\.[01]$/.test(version)) tally.offence('malformed', plan.id, line);
    this.#strikes = this.#origin.noteHead(plan) === 0 || !plan.fault.isOnce;
    this.#plan = plan;
    this.#check = new BodyCheck(secrets, upPiece(plan, secrets));
    this.#hasAnswered = false;
    if (plan.requestKind === 'upgrade') return this.#onUpgrade(plan, fields);
    if (fields.get('expect') !== undefined) {
      tally.count('Expect at the origin');
      this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    }
    return 'framed';
  }

  /** MessageSink. */
  onBody(bytes: Buffer): void {
    const check = this.#check as BodyCheck;
    const hadProblem = check.problem !== '';
    check.take(bytes);
    if (check.problem !== '' && !hadProblem) {
      this.#origin.tally.offence('mixed', this.#plan?.id ?? '?', `at the origin: ${check.problem}`);
    }
  }

  /** MessageSink. */
  onEnd(trailers: ReadonlyMap<string, string>): void {
    const { secrets, tally } = this.#origin;
    const plan = this.#plan as ExchangePlan;
    const check = this.#check as BodyCheck;
    if (plan.isCut)
      tally.offence('truncated', plan.id, 'the origin got all of a request cut short');
    else if (check.problem === '' && !check.isWhole) {
      const { seenBytes, piece } = check;
      tally.offence('truncated', plan.id, `the origin got ${seenBytes} of ${piece.byteCount}`);
    }
    const trailer = trailers.get('x-end');
    if (trailer !== undefined) {
      tally.count('request trailers at the origin');
      if (trailer !== trailerOf(plan, secrets)) {
        tally.offence('mixed', plan.id, `the origin got the trailer ${trailer}`);
      }
    }
    const { kind, how } = plan.fault;
    if (this.#hasAnswered) this.#requestBytes = 0;
    else if (this.#strikes && kind === 'origin-request' && this.#requestBytes >= plan.fault.at) {
      this.#goAway(how);
    } else this.#answer(plan);
  }

  /** MessageSink. */
  onMalformed(what: string): void {
    this.#origin.tally.offence('malformed', this.#plan?.id ?? '?', `at the origin: ${what}`);
    this.#goAway('rst');
  }

  #answer(plan: ExchangePlan): void {
    const { secrets, tally } = this.#origin;
    const { kind, how, at } = this.#strikes ? plan.fault : NO_FAULT;
    let buffers = answerBytes(plan, secrets, this.#requestBytes, false);
    const isCut = kind === 'origin-response' && at < byteCountOf(buffers);
    if (isCut) buffers = answerBytes(plan, secrets, this.#requestBytes, true);
    const isEarly = this.#reader.isInMessage;
    this.#hasAnswered = true;
    this.#requestBytes = 0;
    if (isEarly) tally.count('fault struck: origin-early');
    if (isCut) {
      sendInPieces(this.#socket, buffers, at, plan.writes, () => this.#goAway(how));
      return;
    }
    if (kind === 'origin-response') tally.count('fault beyond the answer');
    if (kind === 'origin-surplus') {
      tally.count('fault struck: origin-surplus');
      // Some of it in one write with the answer: the edge cannot have missed that, and is warned.
      buffers.push(SURPLUS);
      this.#socket.write(Buffer.concat(buffers), () => this.#socket.write(SURPLUS));
      return;
    }
    sendInPieces(this.#socket, buffers, Number.POSITIVE_INFINITY, plan.writes, () => {
      if (closesBehind(plan)) this.#socket.end();
    });
  }

  #onUpgrade(plan: ExchangePlan, fields: ReadonlyMap<string, string>): BodyRule {
    const { tally } = this.#origin;
    if (fields.get('upgrade') !== 'websocket' || fields.get('connection') !== 'upgrade') {
      tally.count('upgrades that did not reach the origin');
      this.#socket.end('HTTP/1.1 426 No Upgrade\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      this.#hasGone = true;
      return 'none';
    }
    tally.count('tunnels');
    this.#isTunnel = true;
    this.#hasAnswered = true;
    const buffers = answerBytes(plan, this.#origin.secrets, this.#requestBytes, false);
    const { kind, at } = this.#strikes ? plan.fault : NO_FAULT;
    const limit = kind === 'origin-response' ? at : Number.POSITIVE_INFINITY;
    sendInPieces(this.#socket, buffers, limit, plan.writes, () => {
      if (kind === 'origin-response') this.#goAway('rst');
      else this.#socket.end();
    });
    return 'tunnel';
  }

  #onFin(): void {
    if (this.#hasGone) return;
    const plan = this.#plan;
    const check = this.#check;
    if (this.#isTunnel && plan !== undefined && check?.isWhole === false) {
      const { seenBytes, piece } = check;
      const story = `the tunnel ended by FIN after ${seenBytes} of ${piece.byteCount} bytes up`;
      if (check.problem === '') this.#origin.tally.offence('truncated', plan.id, story);
    }
    // The edge has given up, or is done with the connection. A tunnel is open the other way, still.
    if (!this.#isTunnel) this.#socket.end();
  }

  #goAway(how: 'fin' | 'rst'): void {
    if (this.#hasGone) return;
    this.#hasGone = true;
    const plan = this.#plan;
    if (plan !== undefined) this.#origin.tally.count(`fault struck: ${plan.fault.kind} ${how}`);
    const socket = this.#socket;
    // A reset at once would often overtake what was written: now and then it does.
    if (how === 'rst') {
      if (crc32(plan?.id ?? '') % 4 === 0) resetSocket(socket);
      else setTimeout(() => resetSocket(socket), 2);
      return;
    }
    socket.end();
    const guard = setTimeout(() => socket.destroy(), CLOSE_MS).unref();
    socket.once('close', () => clearTimeout(guard));
  }
}
