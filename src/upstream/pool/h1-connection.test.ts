import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '#src/base/clock.ts';
import type { FailureCode } from '#src/base/failure.ts';
import { TICK_MS, TimerWheel } from '#src/base/timer-wheel.ts';
import { ByteWriter } from '#src/bytes/byte-writer.ts';
import type { OutgoingRequest } from '#src/codecs/h1/encoder.ts';
import { AddedLines, FieldEdits } from '#src/http/field-edits.ts';
import { HOP_BY_HOP_IDS } from '#src/http/hop-by-hop.ts';
import { BODY_CHUNKED, RequestHead, ResponseHead } from '#src/http/message.ts';
import { type Connection, type ConnectionOwner, NO_OWNER } from '#src/transport/connection.ts';
import { type ConnectionHome, H1Connection } from './h1-connection.ts';
import { FLOW_GO, FLOW_HOLD, FLOW_SWAP, type ResponseSink } from './response-sink.ts';

/** A transport connection whose kernel is the test. */
class FakeConnection implements Connection {
  owner: ConnectionOwner = NO_OWNER;
  isQueued = false;
  hasUnread = false;
  writeCount = 0;
  writesWhenRead = 0;
  hasDropped = false;
  written = '';
  takesWrites = true;
  holders = 0;
  isDestroyed = false;
  buffer: Buffer | undefined = undefined;
  #gathered: (string | Buffer)[] = [];
  #out = new ByteWriter(0);

  /** As much as was asked for, and not a byte more. */
  room(count: number): ByteWriter {
    this.#out = new ByteWriter(count);
    return this.#out;
  }

  commit(): void {
    const { at, bytes } = this.#out;
    assert.ok(at <= bytes.length, `${at} bytes where room for ${bytes.length} was made`);
    this.#gathered.push(bytes.subarray(0, at));
  }

  queueText(text: string): void {
    this.#gathered.push(text);
  }

  lendBytes(bytes: Buffer, start: number, end: number): void {
    this.room(end - start).copyBuffer(bytes, start, end);
    this.commit();
  }

  queueBytes(bytes: Buffer): void {
    this.#gathered.push(bytes);
  }

  flush(): boolean {
    for (const part of this.#gathered.splice(0)) this.written += part.toString('latin1');
    this.writeCount += 1;
    this.isQueued = !this.takesWrites;
    return this.takesWrites;
  }

  flushNow(): boolean {
    return this.flush();
  }

  dropUnsent(): void {
    this.hasDropped = true;
  }

  drain(): void {
    this.takesWrites = true;
    this.isQueued = false;
    this.owner.onDrained();
  }

  /** The endpoint sends this; unless it is held or closed. */
  receive(text: string): void {
    if (this.isDestroyed) return;
    assert.equal(this.holders, 0, 'bytes while reading is held');
    // Those of others stand in front, as in an inbox; a buffer of the owner's is its alone.
    const at = this.buffer === undefined ? 7 : 0;
    const bytes = this.buffer ?? Buffer.alloc(65_536 + at, 'HTTP/1.1 999 Another answer\r\n\r\n');
    const length = bytes.write(text, at, 'latin1');
    this.writesWhenRead = this.writeCount - (this.isReadEarly ? 1 : 0);
    this.owner.onBytes(bytes, at, at + length);
  }

  /** What comes was read before the last write. */
  isReadEarly = false;

  readInto(buffer: Buffer | undefined): void {
    this.buffer = buffer;
  }

  holdReading(): void {
    this.holders += 1;
  }

  letGoReading(): void {
    this.holders -= 1;
  }

  end(): void {
    this.flush();
  }

  destroy(): void {
    this.isDestroyed = true;
    this.owner = NO_OWNER;
  }

  reset(): void {
    this.destroy();
  }

  remoteAddress = (): string => '';
  remotePort = (): number => 0;
  localAddress = (): string => '';
  localPort = (): number => 0;
}

/** Takes an answer and writes down what it is told. */
class Sink implements ResponseSink {
  readonly responseHead = new ResponseHead();
  requestMethod = 'GET';
  readonly log: string[] = [];
  body = '';
  takesBody = true;
  flow = FLOW_GO;
  takesSwitch = false;
  wasStable = false;
  onHead: () => void = () => undefined;

  onResponseHead(): void {
    this.log.push(`head ${this.responseHead.status}`);
    this.onHead();
  }

  onResponseBody(bytes: Buffer, start: number, end: number, stable: boolean): void {
    this.body += bytes.toString('latin1', start, end);
    this.wasStable = stable;
  }

  onResponseEnd(): void {
    this.log.push('end');
  }

  flushResponse(): number {
    return this.takesBody ? this.flow : FLOW_HOLD;
  }

  onInformational(): void {
    this.log.push(`informational ${this.responseHead.status}`);
  }

  onSwitch(): boolean {
    this.log.push('switch');
    return this.takesSwitch;
  }

  onRequestDrained(): void {
    this.log.push('drained');
  }

  onUpstreamFailed(failure: FailureCode, sawBytes: boolean): void {
    this.log.push(`${failure}${sawBytes ? ' after bytes' : ''}`);
  }
}

class Home implements ConnectionHome {
  readonly clock = new ManualClock();
  readonly wheel = new TimerWheel(this.clock);
  readonly log: string[] = [];
  readonly ends: string[] = [];
  hasRoom = true;

  takeBack(): boolean {
    this.log.push('taken back');
    return this.hasRoom;
  }

  onIdleClosed(): void {
    this.log.push('idle closed');
  }

  countEnd(end: string): void {
    this.ends.push(end);
  }

  onInternalError(error: unknown): void {
    this.log.push(String(error));
  }

  passMs(ms: number): void {
    this.clock.advanceMs(ms);
    this.wheel.advance();
  }
}

const TIMEOUTS = {
  readTimeoutMs: 1_000,
  sendTimeoutMs: 500,
  maxHeadBytes: 32 * 1024,
  closes: false,
};
const HEAD = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const CHUNKED_HEAD = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

/** A request whose head is HEAD, or CHUNKED_HEAD. */
function request(isChunked: boolean): OutgoingRequest {
  const head = new RequestHead();
  head.method = isChunked ? 'POST' : 'GET';
  head.target = '/';
  if (isChunked) head.framing = BODY_CHUNKED;
  const added = new AddedLines();
  added.add('Host', 'a');
  const edits = new FieldEdits(HOP_BY_HOP_IDS, []);
  return { head, target: undefined, edits, added, addedBytes: added.at, minorVersion: 1 };
}

function make() {
  const home = new Home();
  const fake = new FakeConnection();
  const connection = new H1Connection(home, fake);
  return { home, fake, connection, sink: new Sink() };
}

/** A connection that has sent a whole request. */
function started() {
  const all = make();
  const { connection, sink } = all;
  connection.start(sink, request(false), TIMEOUTS);
  connection.endRequest('');
  connection.flush();
  return all;
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

describe('an HTTP/1.1 connection to an endpoint', () => {
  it('sends head and body in one write, chunked when asked to', () => {
    const { connection, fake, sink } = make();
    connection.start(sink, request(true), TIMEOUTS);
    const bytes = Buffer.from('..some bytes..');
    connection.writeBody(bytes, 2, 12, false);
    assert.equal(fake.written, '');
    connection.endRequest('');
    assert.equal(connection.flush(), true);
    assert.equal(fake.written, `${CHUNKED_HEAD}a\r\nsome bytes\r\n0\r\n\r\n`);
  });

  it('copies long bodies that die with the callback, not those that stay', () => {
    for (const stable of [true, false]) {
      const { connection, fake, sink } = make();
      connection.start(sink, request(false), TIMEOUTS);
      const bytes = Buffer.alloc(20_000, 'a');
      connection.writeBody(bytes, 0, bytes.length, stable);
      bytes.fill('b');
      connection.flush();
      assert.equal(fake.written, HEAD + (stable ? 'b' : 'a').repeat(20_000));
    }
  });

  it('frames a chunk alike, whether its bytes are copied or stay', () => {
    for (const length of [1, 8_192, 8_193, 300_000]) {
      for (const stable of [true, false]) {
        const { connection, fake, sink } = make();
        connection.start(sink, request(true), TIMEOUTS);
        connection.writeBody(Buffer.alloc(length + 2, 'a'), 1, length + 1, stable);
        connection.endRequest('A: b\r\n');
        connection.flush();
        const chunk = `${length.toString(16)}\r\n${'a'.repeat(length)}\r\n`;
        assert.equal(fake.written, `${CHUNKED_HEAD}${chunk}0\r\nA: b\r\n\r\n`);
      }
    }
  });

  it('gives the answer to its sink and goes back to its pool', () => {
    const { connection, fake, home, sink } = started();
    assert.equal(connection.isReused, false);
    fake.receive(OK);
    assert.deepEqual(sink.log, ['head 200', 'end']);
    assert.equal(sink.body, 'hello');
    assert.deepEqual(home.log, ['taken back']);
    assert.equal(fake.isDestroyed, false);
    assert.equal(connection.isReused, true);
  });

  it('serves one request after the other', () => {
    const { connection, fake, home, sink } = started();
    fake.receive(OK);
    const next = new Sink();
    connection.start(next, request(false), TIMEOUTS);
    connection.endRequest('');
    connection.flush();
    fake.receive(
      'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n',
    );
    assert.deepEqual([next.log, next.body], [['head 404', 'end'], 'no']);
    assert.deepEqual(sink.log, ['head 200', 'end']);
    assert.deepEqual(home.log, ['taken back', 'taken back']);
  });

  it('gives the same answer in whatever pieces it comes', () => {
    const answers = [
      OK,
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nhel\r\n2\r\nlo\r\n0\r\nA: b\r\n\r\n',
    ];
    const cuts = fc.array(fc.nat(120), { maxLength: 40 });
    fc.assert(
      fc.property(fc.constantFrom(...answers), cuts, (answer, places) => {
        const { fake, home, sink } = started();
        let from = 0;
        for (const cut of [...places.sort((a, b) => a - b), answer.length]) {
          if (cut > from && from < answer.length) fake.receive(answer.slice(from, cut));
          from = Math.max(from, cut);
        }
        assert.deepEqual(
          [sink.log.filter((line) => line !== 'informational 103'), sink.body, home.log],
          [['head 200', 'end'], 'hello', ['taken back']],
        );
      }),
    );
  });

  it('tells of eight informational answers, not of nine', () => {
    const hint = 'HTTP/1.1 103 Early Hints\r\n\r\n';
    const { fake, sink } = started();
    fake.receive(hint.repeat(8) + OK);
    const told = Array.from({ length: 8 }, () => 'informational 103');
    assert.deepEqual(sink.log, [...told, 'head 200', 'end']);
    const another = started();
    another.fake.receive(hint.repeat(9));
    assert.deepEqual(another.sink.log, [...told, 'upstream_protocol_error after bytes']);
    assert.equal(another.fake.isDestroyed, true);
  });

  it('hands trailers over with the end', () => {
    const { fake, sink } = started();
    fake.receive('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA:  b\r\n\r\n');
    assert.deepEqual([sink.log, sink.responseHead.trailers], [['head 200', 'end'], 'A: b\r\n']);
  });
});

describe('a tunnel', () => {
  const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n';

  function switched() {
    const all = started();
    all.sink.takesSwitch = true;
    all.fake.receive(`${SWITCH}first`);
    return all;
  }

  it('that nobody asked for fails', () => {
    const { fake, sink } = started();
    fake.receive(SWITCH);
    assert.deepEqual(sink.log, ['switch', 'upstream_protocol_error after bytes']);
    assert.equal(fake.isDestroyed, true);
  });

  it('relays bytes as they are, the first right behind the 101', () => {
    const { connection, fake, sink } = switched();
    fake.receive('HTTP/1.1 200 OK\r\n\r\n');
    connection.writeBody(Buffer.from('..raw..'), 2, 5, false);
    connection.flush();
    assert.deepEqual([sink.log, sink.body], [['switch'], 'firstHTTP/1.1 200 OK\r\n\r\n']);
    assert.equal(fake.written, `${HEAD}raw`);
  });

  it('ends when both sides have, whoever is first, and is not kept', () => {
    for (const endpointFirst of [true, false]) {
      const { connection, fake, home, sink } = switched();
      if (endpointFirst) fake.owner.onEnd();
      else connection.endRequest('');
      assert.equal(fake.isDestroyed, false);
      if (endpointFirst) connection.endRequest('');
      else fake.owner.onEnd();
      assert.deepEqual([sink.log, home.log], [['switch', 'end'], []]);
      assert.equal(fake.isDestroyed, true);
      assert.equal(home.wheel.linkedCount, 0);
    }
  });

  it('that breaks or falls silent is cut', () => {
    const broken = switched();
    broken.fake.owner.onBroken('ECONNRESET');
    assert.equal(broken.sink.log.at(-1), 'upstream_truncated after bytes');
    const silent = switched();
    silent.home.passMs(1_000 + TICK_MS);
    assert.equal(silent.sink.log.at(-1), 'upstream_read_timeout after bytes');
  });
});

describe('a connection is closed, not kept,', () => {
  const closing: Record<string, string> = {
    'when bytes follow the answer': `${OK}H`,
    'when the endpoint says close': 'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n',
    'when the endpoint speaks 1.0 and does not say keep-alive': 'HTTP/1.0 204 No Content\r\n\r\n',
  };
  for (const [name, answer] of Object.entries(closing)) {
    it(name, () => {
      const { fake, home, sink } = started();
      fake.receive(answer);
      assert.equal(sink.log.at(-1), 'end');
      assert.deepEqual(home.log, []);
      assert.equal(fake.isDestroyed, true);
    });
  }

  it('when the answer is complete before the request is', () => {
    const { connection, fake, home, sink } = make();
    connection.start(sink, request(true), TIMEOUTS);
    connection.flush();
    fake.receive(OK);
    assert.deepEqual([sink.log, home.log], [['head 200', 'end'], []]);
    assert.equal(fake.isDestroyed, true);
  });

  it('when its pool has no room', () => {
    const { fake, home } = started();
    home.hasRoom = false;
    fake.receive(OK);
    assert.equal(fake.isDestroyed, true);
  });

  it('when the body ends with the connection', () => {
    const { fake, home, sink } = started();
    fake.receive('HTTP/1.1 200 OK\r\n\r\nall of');
    fake.receive(' it');
    fake.owner.onEnd();
    assert.deepEqual([sink.log, sink.body, home.log], [['head 200', 'end'], 'all of it', []]);
    assert.equal(fake.isDestroyed, true);
  });

  it('when bytes come while it rests, or the endpoint closes', () => {
    const ways: ((fake: FakeConnection) => void)[] = [
      (fake) => fake.receive('HTTP/1.1 408 Request Timeout\r\n\r\n'),
      (fake) => fake.owner.onEnd(),
      (fake) => fake.owner.onBroken('ECONNRESET'),
    ];
    for (const way of ways) {
      const { connection, fake, home, sink } = started();
      fake.receive(OK);
      connection.rest(60_000);
      way(fake);
      assert.deepEqual(home.log, ['taken back', 'idle closed']);
      assert.deepEqual(sink.log, ['head 200', 'end']);
      assert.equal(fake.isDestroyed, true);
    }
  });
});

describe('a connection fails its sink', () => {
  const failing: Record<string, [answer: string, failure: string]> = {
    'with a reset when it ends before an answer': ['', 'upstream_reset'],
    'with a reset when it ends inside a head': ['HTTP/1.1 2', 'upstream_reset after bytes'],
    'as truncated when it ends inside a body': [OK.slice(0, -1), 'upstream_truncated after bytes'],
    'as truncated when the last chunk is missing': [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n',
      'upstream_truncated after bytes',
    ],
    'for a malformed head': ['HTTP/1.1 OK\r\n\r\n', 'upstream_protocol_error after bytes'],
    'for a malformed chunk': [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx',
      'upstream_protocol_error after bytes',
    ],
    'for a head that is too large': [
      `HTTP/1.1 200 OK\r\nA: ${'a'.repeat(40_000)}`,
      'upstream_head_too_large after bytes',
    ],
  };
  for (const [name, [answer, failure]] of Object.entries(failing)) {
    it(name, () => {
      for (const isReset of [true, false]) {
        const { fake, home, sink } = started();
        if (answer !== '') fake.receive(answer);
        if (isReset) fake.owner.onBroken('ECONNRESET');
        else fake.owner.onEnd();
        assert.equal(sink.log.at(-1), failure);
        assert.equal(sink.log.filter((line) => line.startsWith('upstream_')).length, 1);
        assert.deepEqual(home.log, []);
        assert.equal(fake.isDestroyed, true);
        assert.equal(home.wheel.linkedCount, 0);
      }
    });
  }

  it('with a reset when bytes come before its request has left: they answer another', () => {
    for (const answer of [OK, 'H']) {
      const { connection, fake, home, sink } = make();
      connection.start(sink, request(false), TIMEOUTS);
      connection.endRequest('');
      connection.flush();
      fake.isReadEarly = true;
      fake.receive(answer);
      assert.deepEqual([sink.log, sink.body, home.log], [['upstream_reset'], '', []]);
      assert.deepEqual([fake.isDestroyed, fake.hasDropped], [true, true]);
    }
  });

  it('not when only a later part of its request has not left', () => {
    const { connection, fake, sink } = make();
    connection.start(sink, request(true), TIMEOUTS);
    connection.flush();
    connection.writeBody(Buffer.from('more'), 0, 4, false);
    connection.flush();
    fake.isReadEarly = true;
    fake.receive(OK);
    assert.deepEqual([sink.log, sink.body], [['head 200', 'end'], 'hello']);
  });

  it('with our own error when it throws', () => {
    const { fake, home, sink } = started();
    sink.onHead = () => {
      throw new Error('ours');
    };
    fake.receive(OK);
    assert.deepEqual(sink.log, ['head 200', 'internal_error after bytes']);
    assert.deepEqual(home.log, ['Error: ours']);
  });

  it('not at all after it gave up, even in the middle of a callback', () => {
    const { connection, fake, home, sink } = started();
    sink.onHead = () => connection.abort();
    fake.receive(OK);
    assert.deepEqual([sink.log, sink.body, home.log], [['head 200'], '', []]);
    assert.equal(fake.isDestroyed, true);
  });
});

describe('backpressure', () => {
  it('holds the endpoint once while the client is slow, and lets it go once', () => {
    const { connection, fake, sink } = started();
    sink.takesBody = false;
    fake.receive(OK.slice(0, -3));
    assert.equal(fake.holders, 1);
    sink.takesBody = true;
    connection.resumeResponse();
    connection.resumeResponse();
    assert.equal(fake.holders, 0);
    fake.receive('llo');
    assert.deepEqual([sink.log, sink.body], [['head 200', 'end'], 'hello']);
  });

  it('reads what comes in bulk into a buffer that stays, what trickles into that of the thread', () => {
    const { fake, sink } = started();
    fake.receive(`HTTP/1.1 200 OK\r\nContent-Length: 20007\r\n\r\n${'b'.repeat(10_000)}`);
    assert.equal(sink.wasStable, false);
    assert.ok(fake.buffer !== undefined);
    fake.receive('b'.repeat(10_000));
    assert.equal(sink.wasStable, true);
    fake.receive('last');
    assert.equal(fake.buffer, undefined);
    fake.receive('...');
    assert.deepEqual([sink.wasStable, sink.log], [false, ['head 200', 'end']]);
  });

  it('reads into a wide buffer what fills one and is gone at once, and what has to wait into less', () => {
    const { connection, fake, sink } = started();
    const narrow = 64 * 1024;
    const wide = 4 * narrow;
    const sizes: (number | undefined)[] = [];
    const receive = (length: number): void => {
      fake.receive('b'.repeat(length));
      sizes.push(fake.buffer?.length);
    };
    fake.receive(`HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n${'b'.repeat(10_000)}`);
    for (const length of [narrow - 1, narrow, 10_000, wide]) receive(length);
    assert.deepEqual(sizes.splice(0), [narrow, wide, wide, wide]);
    sink.takesBody = false;
    receive(wide);
    assert.deepEqual(sizes.splice(0), [wide], 'it waits in this one');
    sink.takesBody = true;
    connection.resumeResponse();
    assert.equal(fake.buffer?.length, narrow);
    receive(narrow);
    sink.flow = FLOW_SWAP;
    receive(wide);
    assert.deepEqual(sizes.splice(0), [wide, narrow], 'the wide one is not ours any more');
  });

  it('leaves a buffer to whoever still waits with it', () => {
    const { fake, sink } = started();
    fake.receive(`HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n${'b'.repeat(10_000)}`);
    const first = fake.buffer;
    sink.flow = FLOW_SWAP;
    fake.receive('b'.repeat(10_000));
    assert.ok(fake.buffer !== undefined && fake.buffer !== first);
    assert.equal(fake.holders, 0);
  });

  it('tells the sink when the endpoint has taken the request', () => {
    const { connection, fake, sink } = make();
    fake.takesWrites = false;
    connection.start(sink, request(true), TIMEOUTS);
    assert.equal(connection.flush(), false);
    fake.drain();
    assert.deepEqual(sink.log, ['drained']);
  });
});

describe('time', () => {
  const LATEST_MS = 1_000 + TICK_MS;

  it('runs for the head from the end of the request on', () => {
    const { fake, home, sink } = started();
    home.passMs(999);
    assert.deepEqual(sink.log, []);
    home.passMs(LATEST_MS - 999);
    assert.deepEqual(sink.log, ['upstream_header_timeout']);
    assert.equal(fake.isDestroyed, true);
  });

  it('starts anew with each piece of the body', () => {
    const { fake, home, sink } = started();
    fake.receive(OK.slice(0, -3));
    for (const piece of ['l', 'l']) {
      home.passMs(900);
      fake.receive(piece);
    }
    assert.deepEqual(sink.log, ['head 200']);
    home.passMs(LATEST_MS);
    assert.deepEqual(sink.log, ['head 200', 'upstream_read_timeout after bytes']);
  });

  it('does not run while the client is slow', () => {
    const { connection, fake, home, sink } = started();
    sink.takesBody = false;
    fake.receive(OK.slice(0, -3));
    home.passMs(60_000);
    assert.deepEqual(sink.log, ['head 200']);
    connection.resumeResponse();
    home.passMs(LATEST_MS);
    assert.deepEqual(sink.log, ['head 200', 'upstream_read_timeout after bytes']);
  });

  it('does not run while the client is slow, even when its request goes on', () => {
    const { connection, fake, home, sink } = make();
    connection.start(sink, request(true), TIMEOUTS);
    connection.flush();
    sink.takesBody = false;
    fake.receive(OK.slice(0, -3));
    connection.writeBody(Buffer.from('more'), 0, 4, false);
    connection.flush();
    home.passMs(60_000);
    assert.deepEqual(sink.log, ['head 200']);
  });

  it('runs for a write that the endpoint does not take', () => {
    const { connection, fake, home, sink } = make();
    fake.takesWrites = false;
    connection.start(sink, request(false), TIMEOUTS);
    connection.endRequest('');
    connection.flush();
    home.passMs(500 + TICK_MS);
    assert.deepEqual(sink.log, ['upstream_send_timeout']);
  });

  it('does not run while the client sends its body', () => {
    const { connection, fake, home, sink } = make();
    connection.start(sink, request(true), TIMEOUTS);
    connection.flush();
    home.passMs(60_000);
    fake.takesWrites = false;
    connection.writeBody(Buffer.from('more'), 0, 4, false);
    connection.flush();
    fake.drain();
    home.passMs(60_000);
    assert.deepEqual(sink.log, ['drained']);
    connection.endRequest('');
    connection.flush();
    home.passMs(LATEST_MS);
    assert.deepEqual(sink.log, ['drained', 'upstream_header_timeout']);
  });

  it('ends the rest in the pool', () => {
    const { connection, fake, home } = started();
    fake.receive(OK);
    connection.rest(5_000);
    home.passMs(4_999);
    assert.equal(fake.isDestroyed, false);
    home.passMs(TICK_MS + 1);
    assert.equal(fake.isDestroyed, true);
    assert.deepEqual(home.log, ['taken back', 'idle closed']);
  });

  it('does not begin in the pool for a request that has not left yet: it is closed', () => {
    const { connection, fake, home, sink } = make();
    fake.takesWrites = false;
    connection.start(sink, request(false), TIMEOUTS);
    connection.endRequest('');
    connection.flush();
    fake.receive(OK);
    assert.equal(fake.isDestroyed, true);
    assert.deepEqual(home.log, []);
    assert.deepEqual(sink.log, ['head 200', 'end']);
  });
});
