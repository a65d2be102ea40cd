// An endpoint that talks on its idle connection in the turn in which that connection is lent: what was
// read before the request was written answers none, however long the request is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ManualClock } from '#src/base/clock.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import { AddedLines, FieldEdits } from '#src/http/field-edits.ts';
import { RequestHead, ResponseHead } from '#src/http/message.ts';
import { NO_OWNER } from '#src/transport/connection.ts';
import { FastConnection } from '#src/transport/fast-connection.ts';
import { FastTransport } from '#src/transport/fast-transport.ts';
import type { RawBindings, RawHandle } from '#src/transport/raw-handles.ts';
import { threadReadBuffer } from '#src/transport/read-buffer.ts';
import { H1Connection } from '#src/upstream/pool/h1-connection.ts';
import { FLOW_GO, type ResponseSink } from '#src/upstream/pool/response-sink.ts';

const READ_INDEX = 0;
const state = new Int32Array(4);
const log: string[] = [];

class Handle {
  user: unknown = undefined;
  onread: ((this: unknown) => unknown) | undefined = undefined;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  useUserBuffer(): void {}
  readStart = (): number => 0;
  readStop = (): number => 0;
  close = (): void => undefined;

  writeBuffer(): number {
    state[1] = 0;
    log.push(`written to ${this.name}`);
    return 0;
  }

  /** The loop has read that. */
  read(text: string): void {
    log.push(`read from ${this.name}`);
    threadReadBuffer.write(text, 'latin1');
    state[READ_INDEX] = text.length;
    this.onread?.call(this);
  }
}

for (const [fieldBytes, mayAsk] of [
  [100, true],
  [3_900, true],
  [100, false],
] as const) {
  const who = mayAsk ? 'its pool does not lend it' : 'the connection itself would refuse';
  test(`a request with a field of ${fieldBytes} bytes: ${who}`, async () => {
    log.length = 0;
    const raw = {
      WriteRequest: Object,
      ShutdownRequest: Object,
      state,
      readIndex: READ_INDEX,
      asyncIndex: 1,
    };
    const transport = new FastTransport(raw as unknown as RawBindings);
    const [client, endpoint] = [new Handle('client'), new Handle('endpoint')];
    const home = {
      wheel: new TimerWheel(new ManualClock(0)),
      takeBack: () => true,
      onIdleClosed: () => undefined,
      countEnd: () => undefined,
      onInternalError: (error: unknown) => {
        throw error;
      },
    };
    const idle = new H1Connection(
      home,
      new FastConnection(transport, endpoint as unknown as RawHandle, NO_OWNER),
    );
    const sink: ResponseSink = {
      responseHead: new ResponseHead(),
      requestMethod: 'GET',
      onInformational: () => undefined,
      onSwitch: () => false,
      onResponseHead: () => log.push('answered'),
      onResponseBody: () => undefined,
      onResponseEnd: () => undefined,
      flushResponse: () => FLOW_GO,
      onRequestDrained: () => undefined,
      onUpstreamFailed: () => log.push('refused'),
    };
    const head = new RequestHead();
    head.method = 'GET';
    head.target = '/';
    const added = new AddedLines();
    added.add('X-Forwarded-For', '127.0.0.1');
    added.add('X-A', 'x'.repeat(fieldBytes));
    added.add('X-B', 'x'.repeat(200));
    const request = {
      ...{ head, target: undefined, edits: new FieldEdits([], []) },
      ...{ added, addedBytes: added.at, minorVersion: 1 },
    };
    new FastConnection(transport, client as unknown as RawHandle, {
      ...NO_OWNER,
      onBytes: () => {
        if (mayAsk && !idle.mayBeLent) {
          log.push('refused'); // by its pool
          return;
        }
        const traits = { readTimeoutMs: 0, sendTimeoutMs: 0, maxHeadBytes: 32_768, closes: false };
        idle.start(sink, request, traits);
        idle.endRequest('');
        idle.flush();
      },
    });
    client.read('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    endpoint.read('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    await nextTurn();
    await nextTurn();
    assert.ok(log.includes('refused'), log.join(', '));
    assert.ok(!log.includes('answered'), log.join(', '));
    // Whoever was told that it failed sends it elsewhere: it must not be served twice.
    assert.ok(!log.includes('written to endpoint'), log.join(', '));
  });
}
