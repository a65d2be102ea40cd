// Many clients over real sockets, most of which go away in the middle of something: each is told
// what it asked itself, under its own name, whatever object served others before it.

import '#test/support/poison.ts';
import assert from 'node:assert/strict';
import { BoundSocket, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Address } from '#src/base/address.ts';
import { SystemClock } from '#src/base/clock.ts';
import { DrainState } from '#src/base/drain-state.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import { answer } from '#src/exchange/answer.ts';
import type { Exchange, ExchangeHandler } from '#src/exchange/exchange.ts';
import { COLUMN_COUNT } from '#src/shared/reason-columns.ts';
import { GAUGES } from '#src/shared/thread-rows.ts';
import { createTransport, type TransportTier } from '#src/transport/transport.ts';
import { Random } from '#test/fuzz/random.ts';
import { CLIENT } from './client-settings.contract.ts';
import { http } from './http-listener.ts';

const CLIENT_COUNT = 400;
const AT_ONCE = 16;
const MAX_REQUESTS = 3;

/** Answers some turns of the event loop later, with who asked for what; or never, to who has left. */
class Later implements ExchangeHandler {
  readonly ignoresAbort: boolean;
  #exchange: Exchange | undefined;
  #turnsLeft: number;

  constructor(exchange: Exchange, turns: number, ignoresAbort: boolean) {
    this.#exchange = exchange;
    this.#turnsLeft = turns;
    this.ignoresAbort = ignoresAbort;
    exchange.handler = this;
    this.#wait();
  }

  #wait(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    if (this.#turnsLeft-- > 0) setImmediate(() => this.#wait());
    else answerWho(exchange);
  }

  onDownstreamGone(): void {
    this.#exchange = undefined;
  }

  onRequestBody(): void {}
  onRequestEnd(): void {}
  onRequestFlush(): void {}
  onDownstreamWritable(): void {}
}

function answerWho(exchange: Exchange): void {
  const { facts } = exchange.downstream ?? assert.fail('no downstream');
  const who = `${exchange.request.originTarget} ${facts.remotePort} ${facts.exchangeCount}!`;
  answer(exchange, 200, who, 'text/plain');
}

/** One client: some requests, of which it awaits the answers or not. */
function live(random: Random, address: Address, number: number): Promise<number> {
  assert.ok(address.kind === 'tcp');
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const socket: Socket = connect(address.port, address.host);
  const requestCount = 1 + random.below(MAX_REQUESTS);
  const leavesAfter = random.chance(0.5) ? random.below(requestCount + 1) : Infinity;
  const isRude = random.chance(0.5);
  let heard = '';
  let answered = 0;
  const leave = (): void => {
    if (isRude) socket.resetAndDestroy();
    else socket.destroy();
  };
  const ask = (): void => {
    const isLast = answered + 1 >= requestCount;
    const text = [
      `POST /${number}/${answered} HTTP/1.1`,
      'Host: a',
      'Content-Length: 5',
      ...(isLast ? ['Connection: close'] : []),
      '',
      'body!',
    ].join('\r\n');
    const cut = answered === leavesAfter ? random.below(text.length + 1) : text.length;
    socket.write(text.slice(0, cut), () => {
      if (answered === leavesAfter) leave();
    });
  };
  socket.setEncoding('latin1');
  socket.once('connect', ask);
  socket.on('data', (part: string) => {
    heard += part;
    const body = /\r\n\r\n(.+)!$/s.exec(heard)?.[1];
    if (body === undefined) return;
    try {
      assert.equal(body, `/${number}/${answered} ${socket.localPort} ${answered + 1}`);
    } catch (error) {
      reject(error);
    }
    heard = '';
    answered += 1;
    if (answered < requestCount) ask();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (answered < Math.min(requestCount, leavesAfter)) {
      reject(new Error(`client ${number} was told too little: ${JSON.stringify(heard)}`));
    } else resolve(answered);
  });
  return promise;
}

async function manyClients(tier: TransportTier, t: TestContext): Promise<void> {
  const random = new Random(4);
  const bound = new BoundSocket({ host: '127.0.0.1', port: 0 });
  const address: Address = { kind: 'tcp', host: '127.0.0.1', port: bound.address().port };
  const clock = new SystemClock();
  const row = new Float64Array(COLUMN_COUNT);
  const closed = Promise.withResolvers<void>();
  let openCount = 0;
  let closedCount = 0;
  const errors: unknown[] = [];
  const listener = http.start({
    clock,
    wheel: new TimerWheel(clock),
    transport: createTransport(tier),
    owner: {
      onConnectionOpened: () => {
        openCount += 1;
      },
      onConnectionClosed: () => {
        openCount -= 1;
        closedCount += 1;
        if (closedCount === CLIENT_COUNT) closed.resolve();
      },
      onAcceptFailed: (_key, errno) => assert.fail(errno),
    },
    row,
    serve: (exchange) => new Later(exchange, random.below(4), random.chance(0.3)),
    onReason: () => undefined,
    onInternalError: (error) => errors.push(error),
    drain: new DrainState(),
  })({
    key: 'here',
    address,
    backlog: 64,
    client: CLIENT,
    serverName: '',
    logs: [],
    isLogged: true,
  });
  listener.listen(bound.fd());
  t.after(() => listener.close());

  let number = 0;
  let answeredCount = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (number < CLIENT_COUNT) {
        const count = await live(random, address, number++);
        answeredCount += count;
      }
    }),
  );
  await closed.promise;
  assert.deepEqual(errors, []);
  assert.equal(openCount, 0);
  assert.ok(answeredCount > CLIENT_COUNT / 2);
  for (const gauge of GAUGES) assert.equal(row[gauge], 0);
}

for (const tier of ['fast', 'portable'] as const) {
  test(`no client is told another's, over the ${tier} transport`, (t) => manyClients(tier, t));
}
