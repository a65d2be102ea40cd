import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { nativeFunctions } from '#src/base/native-functions.ts';
import type { SyslogTarget } from '#src/exchange/syslog-argument.ts';
import { SyslogSender } from './syslog-sender.ts';

const TARGET: SyslogTarget = {
  host: '127.0.0.1',
  port: 514,
  facility: 23,
  severity: 6,
  tag: 'weir',
  hasHostname: false,
};

/** A sender, what it lost, and what came. */
class Rig {
  readonly messages: string[] = [];
  dropped = 0;
  reason = '';
  sender: SyslogSender | undefined;
  readonly #socket = createSocket('udp4');

  constructor(t: TestContext) {
    this.#socket.on('message', (bytes) => this.messages.push(bytes.toString('latin1')));
    t.after(() => {
      this.sender?.close();
      this.#socket.close();
    });
  }

  async bind(): Promise<number> {
    this.#socket.bind(0, '127.0.0.1');
    await once(this.#socket, 'listening');
    return this.#socket.address().port;
  }

  open(target: SyslogTarget): SyslogSender {
    const onDropped = (lines: number, reason: string): void => {
      this.dropped += lines;
      this.reason = reason;
    };
    this.sender = new SyslogSender(target, { onDropped });
    return this.sender;
  }
}

function line(sender: SyslogSender, text: string): void {
  const out = sender.beginLine();
  out.reserve(text.length);
  out.text(text);
  sender.endLine();
}

test('each message is a datagram with the head of RFC 3164', async (t) => {
  const rig = new Rig(t);
  const port = await rig.bind();
  const sender = rig.open({ ...TARGET, port });
  line(sender, 'one');
  line(sender, `two ${'x'.repeat(10_000)}\xe9`);
  sender.send(3, 'thr\u00e9e');
  while (rig.messages.length < 3) await nextTurn();
  const [one = '', two = '', three = ''] = rig.messages;
  assert.match(one, /^<190>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d weir: one$/);
  assert.match(two, /weir: two x{10000}\xe9$/);
  assert.match(three, /^<187>.*: thr\xc3\xa9e$/);
  assert.equal(rig.dropped, 0);
});

test('a server that is gone costs messages, and is found again', async (t) => {
  const rig = new Rig(t);
  // A port that nobody has: it was somebody's a moment ago.
  const gone = createSocket('udp4');
  gone.bind(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address();
  gone.close();
  await once(gone, 'close');
  const sender = rig.open({ ...TARGET, port });
  while (rig.dropped === 0) {
    line(sender, 'to nobody');
    await nextTurn();
  }
  assert.match(rig.reason, /ECONNREFUSED/);
  const back = createSocket('udp4');
  t.after(() => back.close());
  let received = '';
  back.on('message', (bytes) => {
    received = bytes.toString();
  });
  back.bind(port, '127.0.0.1');
  await once(back, 'listening');
  while (received === '') {
    line(sender, 'to somebody');
    await nextTurn();
  }
  assert.match(received, /to somebody$/);
});

test('no more than a megabyte waits, whatever the system does', async (t) => {
  const rig = new Rig(t);
  const port = await rig.bind();
  const sender = rig.open({ ...TARGET, port });
  // Nothing can leave within one turn: the socket is not connected yet.
  const text = 'x'.repeat(10_000);
  for (let count = 0; count < 1_000; count++) line(sender, text);
  assert.ok(rig.dropped > 890 && rig.dropped < 1_000, String(rig.dropped));
  while (rig.messages.length === 0) await nextTurn();
  const { dropped } = rig;
  // What has left makes room.
  while (rig.dropped !== dropped || rig.messages.at(-1)?.endsWith('last') !== true) {
    rig.dropped = dropped;
    line(sender, 'last');
    await nextTurn();
  }
});

test('what is too long for a datagram is lost and counted', async (t) => {
  const rig = new Rig(t);
  const sender = rig.open({ ...TARGET, port: await rig.bind() });
  line(sender, 'x'.repeat(70_000));
  while (rig.dropped === 0) await nextTurn();
  assert.match(rig.reason, /EMSGSIZE/);
  line(sender, 'short');
  while (rig.messages.length === 0) await nextTurn();
  assert.match(rig.messages[0] ?? '', /short$/);
});

/** A daemon's end of a unix socket for datagrams, which Node cannot open. */
class UnixDaemon {
  readonly path = join(mkdtempSync(join(tmpdir(), 'weir-syslog-')), 'log');
  readonly #native = nativeFunctions({
    socket: { return: 'int32', arguments: ['int32', 'int32', 'int32'] },
    bind: { return: 'int32', arguments: ['int32', 'buffer', 'uint32'] },
    recv: { return: 'int64', arguments: ['int32', 'buffer', 'uint64', 'int32'] },
    close: { return: 'int32', arguments: ['int32'] },
  });
  #descriptor = -1;

  listen(): void {
    this.#descriptor = this.#native?.call('socket', 1, 2 | 0o4000, 0) as number;
    const address = Buffer.from(`\x01\0${this.path}\0`, 'latin1');
    assert.equal(this.#native?.call('bind', this.#descriptor, address, address.length), 0);
  }

  /** The oldest message; undefined when none waits. */
  read(): string | undefined {
    const into = Buffer.alloc(64 * 1024);
    const given = [this.#descriptor, into, BigInt(into.length), 0];
    const length = Number(this.#native?.call('recv', ...given));
    return length < 0 ? undefined : into.toString('latin1', 0, length);
  }

  close(): void {
    this.#native?.call('close', this.#descriptor);
    rmSync(this.path, { force: true });
  }
}

test('a unix socket gets the same datagrams; one that is gone costs its messages only', (t) => {
  const daemon = new UnixDaemon();
  t.after(() => rmSync(dirname(daemon.path), { recursive: true, force: true }));
  const rig = new Rig(t);
  const sender = rig.open({ ...TARGET, host: '', path: daemon.path });
  line(sender, 'lost');
  assert.deepEqual(
    [rig.dropped, /connect\(\) .* failed \(2: no such file/.test(rig.reason)],
    [1, true],
  );
  daemon.listen();
  line(sender, `one ${'x'.repeat(10_000)}`);
  sender.send(3, 'two');
  assert.match(
    daemon.read() ?? '',
    /^<190>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d weir: one x{10000}$/,
  );
  assert.match(daemon.read() ?? '', /^<187>.*: two$/);
  for (let sent = 0; rig.dropped === 1; sent++)
    assert.ok(sent < 100_000, line(sender, 'full') ?? '');
  assert.match(rig.reason, /send\(\) failed \(11: /); // it never waits for the daemon
  daemon.close();
  line(sender, 'lost, too');
  assert.match(rig.reason, /failed \((2|111): /);
  daemon.listen();
  line(sender, 'again');
  assert.match(daemon.read() ?? '', /: again$/);
  daemon.close();
});
