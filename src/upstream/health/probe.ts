/** One check of one endpoint over a socket of its own: connect, ask, read, within the times it has. */
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';
import { type Address, isOtherFamily, type LocalAddress } from '#src/base/address.ts';
import { type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';
import type { CheckConfig } from './check-config.ts';
import { HttpAnswer } from './http-answer.ts';
import type { MatchTest } from './match-test.ts';
import { type AnswerReader, failed, type Outcome, passed } from './outcome.ts';
import { TcpAnswer } from './tcp-answer.ts';

/** Told once per `start`, unless it was cancelled; never from inside `start`. */
export interface ProbeClient {
  onProbeEnd(outcome: Outcome): void;
}

/** Ordinary sockets of Node: this is the generation's main thread, which has no traffic. */
export class Probe implements TimeoutOwner {
  readonly #config: CheckConfig;
  readonly #match: MatchTest;
  readonly #address: Address;
  readonly #wheel: TimerWheel;
  readonly #client: ProbeClient;
  readonly #timer = new TimerEntry(this);
  #socket: Socket | undefined = undefined;
  /** Of the check that is under way. */
  #reader: AnswerReader | undefined = undefined;
  #isConnected = false;
  /** An earlier check has used this connection: it may be gone without the endpoint being ill. */
  #isReused = false;
  #connectedAtMs = 0;

  constructor(
    config: CheckConfig,
    match: MatchTest,
    address: Address,
    wheel: TimerWheel,
    client: ProbeClient,
  ) {
    this.#config = config;
    this.#match = match;
    this.#address = addressOf(address, config.port);
    this.#wheel = wheel;
    this.#client = client;
  }

  /** Asks. Nothing may be under way. */
  start(): void {
    const { keepaliveMs } = this.#config;
    const socket = this.#socket;
    const isYoung = this.#wheel.clock.nowMs - this.#connectedAtMs < keepaliveMs;
    this.#reader = this.#newReader();
    if (socket === undefined || !isYoung) return this.#dial();
    this.#isReused = true;
    this.#ask(socket);
  }

  /** Ends everything; the client is told nothing any more. */
  cancel(): void {
    this.#wheel.forget(this.#timer);
    this.#reader = undefined;
    this.#drop();
  }

  /** TimeoutOwner. */
  onTimeout(): void {
    const what = this.#isConnected ? 'waiting for the answer' : 'connecting';
    this.#end(failed(`timed out while ${what}`));
  }

  #newReader(): AnswerReader {
    if (this.#config.kind === 'tcp') return new TcpAnswer(this.#match);
    return new HttpAnswer(this.#match, this.#config.keepaliveMs > 0);
  }

  #dial(): void {
    this.#drop();
    this.#isReused = false;
    this.#isConnected = false;
    const socket = connect(optionsOf(this.#address, this.#config.local));
    this.#socket = socket;
    // Whatever an abandoned socket still says is about nobody.
    const ifMine = (act: () => void) => () => {
      if (this.#socket === socket) act();
    };
    socket.setNoDelay(true);
    socket.on(
      'connect',
      ifMine(() => this.#onConnected(socket)),
    );
    socket.on('data', (bytes) => {
      // No encoding is set, so it is bytes.
      if (this.#socket === socket) this.#onData(bytes as Buffer);
    });
    socket.on(
      'end',
      ifMine(() => this.#onEnd()),
    );
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#socket === socket) this.#onError(error);
    });
    this.#wheel.arm(this.#timer, this.#config.connectTimeoutMs);
  }

  #onConnected(socket: Socket): void {
    this.#isConnected = true;
    this.#connectedAtMs = this.#wheel.clock.nowMs;
    if (this.#config.kind === 'http' || this.#match.expectsData) return this.#ask(socket);
    if (this.#match.send !== '') socket.write(this.#match.send, 'latin1');
    // Gone once that is written; at the latest with the next check.
    socket.destroySoon();
    this.#end({ ...passed('connected'), mayReuse: true });
  }

  #ask(socket: Socket): void {
    const { answerTimeoutMs, kind, request } = this.#config;
    this.#wheel.arm(this.#timer, answerTimeoutMs);
    const text = kind === 'http' ? request : this.#match.send;
    if (text !== '') socket.write(text, 'latin1');
  }

  #onData(bytes: Buffer): void {
    // Nobody has asked for it: this connection is good for nothing more.
    if (this.#reader === undefined) return this.#drop();
    const outcome = this.#reader.take(bytes);
    if (outcome !== undefined) this.#end(outcome);
  }

  #onEnd(): void {
    if (this.#reader === undefined) return this.#drop();
    if (this.#isReused && this.#reader.isUntouched) return this.#dial();
    this.#end(this.#reader.end());
  }

  #onError(error: NodeJS.ErrnoException): void {
    if (this.#reader === undefined) return this.#drop();
    if (this.#isReused && this.#reader.isUntouched) return this.#dial();
    this.#end(failed(inWords(error)));
  }

  #end(outcome: Outcome): void {
    this.#wheel.disarm(this.#timer);
    this.#reader = undefined;
    if (!outcome.mayReuse) this.#drop();
    this.#client.onProbeEnd(outcome);
  }

  #drop(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }
}

/** `port=` of the check; a unix socket has none. */
function addressOf(address: Address, port: number): Address {
  return address.kind === 'tcp' && port > 0 ? { ...address, port } : address;
}

function optionsOf(address: Address, local: LocalAddress | null) {
  if (address.kind === 'unix') return { path: address.path };
  const { host, port } = address;
  const options: TcpNetConnectOpts = { host, port };
  if (local !== null && !isOtherFamily(address, local)) options.localAddress = local.host;
  return options;
}

function inWords({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return 'connection was refused';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'connection was reset';
    case 'ETIMEDOUT':
      return 'timed out while connecting';
    default:
      return `connection failed: ${code ?? message}`;
  }
}
