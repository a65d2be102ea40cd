// A case of the wire (habit 17): the bytes a client sends, and what client and origin saw of it. It
// runs on both transports. Behind every case a second client asks for /probe: what the origin saw
// before that, and that the edge still serves, is then certain without waiting for anything.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TIERS } from '#test/support/edge.ts';
import { ok, type SeenRequest } from '#test/support/raw-origin.ts';
import { setStage } from '#test/support/stage.ts';
import { checkLines, type ExpectedLines } from './wire-lines.ts';
import { registerCase } from './wire-registry.ts';

/** What one client sends, and what is seen of it. */
export interface WireCase {
  /** Ids of requirements.ts that the case shows, with spaces between them. */
  readonly shows?: string;
  /** Lines of the head, each ended by CRLF, with the empty line behind them. */
  readonly head?: readonly string[];
  /** Sent behind the head, or alone when there is none; one char per byte. */
  readonly bytes?: string;
  /** Directives of the server and of its location. */
  readonly server?: string;
  readonly location?: string;
  /** What the origin answers, to all requests or one after the other; default a 200 with `ok`. */
  readonly answer?: string | readonly string[];
  readonly client: Omit<ExpectedLines, 'line' | 'lines'> & {
    /** Statuses in order; 0 when the connection closes without an answer. */
    readonly status: number | readonly number[];
    /** What the edge does with the connection afterwards. */
    readonly connection: 'open' | 'closed';
    /** Of the last response, as `has` and `lacks`. */
    readonly body?: string;
  };
  readonly upstream: {
    /** The requests the origin got, as heads; 'nothing' not a byte. */
    readonly saw: 'nothing' | 'unfinished' | readonly UpstreamRequest[];
  };
}

/** A request as the origin is to see it. */
export interface UpstreamRequest extends ExpectedLines {
  readonly body?: string;
}

const PROBE = 'GET /probe HTTP/1.1\r\nHost: probe.test\r\nConnection: close\r\n\r\n';
const PATIENCE_MS = 20_000;

/** Runs the case on both transports. */
export function wireTest(title: string, wire: WireCase): void {
  if (registerCase(title, wire.shows ?? '')) return;
  describe(title, () => {
    for (const tier of TIERS) {
      test(tier, { timeout: PATIENCE_MS }, async (t) => {
        const { answer = ok(), server = '', location = '' } = wire;
        const answers = typeof answer === 'string' ? [] : [...answer];
        const next = (): string =>
          typeof answer === 'string' ? answer : (answers.shift() ?? ok());
        const stage = await setStage(t, tier, {
          scripts: [{ onRequest: ({ line }) => (line.includes('/probe') ? ok('probe') : next()) }],
          server,
          location,
        });
        const head = wire.head === undefined ? '' : `${wire.head.join('\r\n')}\r\n\r\n`;
        const client = await stage.client(head + (wire.bytes ?? ''));
        await checkClient(client, wire);
        const probe = await stage.client(PROBE);
        assert.equal((await probe.response()).body.toString(), 'probe', 'the edge still serves');
        checkOrigin(stage.origin.requests, stage.origin.receivedBytes, wire);
      });
    }
  });
}

type Client = Awaited<ReturnType<Awaited<ReturnType<typeof setStage>>['client']>>;

async function checkClient(client: Client, wire: WireCase): Promise<void> {
  const { status, connection, body } = wire.client;
  const statuses = typeof status === 'number' ? [status] : status;
  const method = wire.head?.[0]?.startsWith('HEAD ') === true ? 'HEAD' : 'GET';
  let last: Awaited<ReturnType<Client['response']>> | undefined;
  for (const expected of statuses) {
    if (expected === 0) continue;
    last = await client.response(method);
    assert.equal(last.status, expected, last.lines.join('\n'));
    assert.ok(last.isWhole, 'the response is whole');
  }
  const lines = last?.lines ?? [];
  checkLines(lines, wire.client);
  if (body !== undefined) assert.equal(last?.body.toString('latin1'), body);
  if (connection === 'closed') {
    if (last !== undefined) assert.ok(lines.includes('Connection: close'), lines.join('\n'));
    assert.equal(await client.closed(), 'end', 'closed by FIN, so that the answer can be read');
    assert.equal(client.rest, '', 'nothing behind the last response');
  } else {
    client.send(PROBE);
    assert.equal((await client.response()).body.toString(), 'probe', 'the connection goes on');
  }
}

function checkOrigin(requests: readonly SeenRequest[], byteCount: number, wire: WireCase): void {
  const { saw } = wire.upstream;
  const seen = requests.filter(({ line }) => !line.includes('/probe'));
  if (saw === 'unfinished') {
    assert.deepEqual(
      seen.map(({ line }) => line),
      [],
      'no request was completed',
    );
    return;
  }
  if (saw === 'nothing') {
    assert.deepEqual(
      seen.map(({ lines }) => lines),
      [],
      'the origin saw nothing of it',
    );
    const probes = requests.reduce((sum, { lines }) => sum + lines.join('\r\n').length + 4, 0);
    assert.equal(byteCount, probes, 'not even a part');
    return;
  }
  assert.equal(seen.length, saw.length, `requests seen: ${seen.map(({ line }) => line)}`);
  for (const [index, expected] of saw.entries()) {
    const request = seen[index];
    assert.ok(request !== undefined);
    const { body } = expected;
    checkLines(request.lines, expected);
    if (body !== undefined) assert.equal(request.body.toString('latin1'), body);
  }
}
