// One edge and one lenient origin for all cases of a list: what a case leaves behind on a connection
// of the pool meets the probe of somebody else, as it would in the field.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { TransportTier } from '#src/transport/transport.ts';
import { ANY_PORT, type Edge, startEdge } from '#test/support/edge.ts';
import { LenientOrigin } from '#test/support/lenient-origin.ts';
import { RawClient } from '#test/support/raw-client.ts';
import type { SmugglingCase } from './case.ts';
import { faults, PROBE_LINE } from './judge.ts';

const PROBE = `${PROBE_LINE}\r\nHost: probe.test\r\n\r\n`;
const PROBE_ANSWER = 'GET /probe';

/** How the request bodies are passed on: `proxy_request_buffering`. */
export type Buffering = 'on' | 'off';

/** Edge, origin and the client that probes. */
export class Bench {
  readonly #edge: Edge;
  readonly #origin: LenientOrigin;
  readonly #victim: RawClient;
  readonly #buffering: Buffering;

  constructor(edge: Edge, origin: LenientOrigin, victim: RawClient, buffering: Buffering) {
    this.#edge = edge;
    this.#origin = origin;
    this.#victim = victim;
    this.#buffering = buffering;
  }

  /** Taken down when the test ends. */
  static async start(
    t: TestContext,
    tier: TransportTier,
    buffering: Buffering,
    location = '',
  ): Promise<Bench> {
    const origin = await LenientOrigin.start();
    t.after(() => origin.close());
    const edge = startEdge({ tier, conf: confOf(origin.port, buffering, location) });
    t.after(() => edge.close());
    const victim = await RawClient.connect(edge.port);
    t.after(() => victim.close());
    return new Bench(edge, origin, victim, buffering);
  }

  /** Runs one case; rejects with its name and every fault. */
  async run(one: SmugglingCase, isBytewise = false): Promise<void> {
    this.#origin.mark();
    const client = await RawClient.connect(this.#edge.port);
    try {
      if (isBytewise) for (const byte of one.bytes) await client.sent(byte);
      else client.send(one.bytes);
      await checkClient(client, one);
      await probe(this.#victim);
      const found = faults(one, this.#origin.taken(), { isStreamed: this.#buffering === 'off' });
      assert.deepEqual(found, []);
    } catch (error) {
      throw new Error(`${one.name} (${one.tries}): ${JSON.stringify(one.bytes.slice(0, 300))}`, {
        cause: error,
      });
    } finally {
      client.close();
    }
  }
}

function confOf(port: number, buffering: Buffering, location: string): string {
  return `upstream origins { server 127.0.0.1:${port}; }
    server { listen ${ANY_PORT}; keepalive_requests 100000;
      location / { proxy_pass http://origins; proxy_request_buffering ${buffering}; ${location} } }`;
}

async function checkClient(client: RawClient, { bytes, verdict }: SmugglingCase): Promise<void> {
  if ('status' in verdict) {
    const response = await client.response();
    assert.equal(response.status, verdict.status, response.lines.join('\n'));
    assert.ok(response.isWhole, 'the refusal is whole');
    await checkClosed(client, response.lines);
    return;
  }
  let last: readonly string[] = [];
  for (const { lines } of verdict.requests) {
    const line = (lines[0] ?? '').replace(/ HTTP\/1\.1$/, '');
    const isHead = line.startsWith('HEAD ');
    let response = await client.response(isHead ? 'HEAD' : 'GET');
    if (response.status === 100) response = await client.response(isHead ? 'HEAD' : 'GET');
    assert.equal(response.status, 200, response.lines.join('\n'));
    assert.equal(response.body.toString('latin1'), isHead ? '' : line, `answer to ${line}`);
    last = response.lines;
  }
  if (verdict.closes) await checkClosed(client, last);
  else {
    assert.ok(!last.includes('Connection: close'), `stays open: ${JSON.stringify(bytes)}`);
    await probe(client);
  }
}

async function checkClosed(client: RawClient, lines: readonly string[]): Promise<void> {
  assert.ok(lines.includes('Connection: close'), lines.join('\n'));
  assert.equal(await client.closed(), 'end', 'closed by FIN, so that the answer can be read');
  assert.equal(client.rest, '', 'nothing behind the last answer');
}

async function probe(client: RawClient): Promise<void> {
  client.send(PROBE);
  const { body, lines } = await client.response();
  assert.equal(body.toString('latin1'), PROBE_ANSWER, lines.join('\n'));
  assert.equal(client.rest, '', 'one answer to one probe');
}
