// One edge and one endpoint for all cases of the answer direction.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { TransportTier } from '#src/transport/transport.ts';
import type { ResponseCase } from '#test/conformance/smuggling/responses/response-case.ts';
import { ANY_PORT, type Edge, startEdge } from '#test/support/edge.ts';
import { RawClient, type SeenResponse } from '#test/support/raw-client.ts';
import { type OriginConnection, ok, RawOrigin } from '#test/support/raw-origin.ts';
import { head } from './case.ts';

const PROBE = 'GET /probe HTTP/1.1\r\nHost: probe.test\r\n\r\n';
/** Fields that say something about a connection, or about a form that we do not use. */
const NEVER = /^(Keep-Alive|Proxy-Connection|Upgrade|Trailer|TE|HTTP2-Settings|Link):/i;

/** Edge, endpoint and the client that probes. */
export class ResponseBench {
  readonly #edge: Edge;
  readonly #victim: RawClient;
  #case: ResponseCase | undefined = undefined;
  #connection: OriginConnection | undefined = undefined;

  constructor(edge: Edge, origin: RawOrigin, victim: RawClient) {
    this.#edge = edge;
    this.#victim = victim;
    origin.script = {
      onRequest: ({ line }, connection) =>
        line.includes('/probe') ? ok('probe') : this.#answer(connection),
    };
  }

  /** Taken down when the test ends. */
  static async start(
    t: TestContext,
    tier: TransportTier,
    buffering: 'on' | 'off',
  ): Promise<ResponseBench> {
    const origin = await RawOrigin.start();
    t.after(() => origin.close());
    const conf = `upstream origins { server 127.0.0.1:${origin.port}; }
      server { listen ${ANY_PORT}; keepalive_requests 100000;
        location / { proxy_pass http://origins; proxy_buffering ${buffering}; } }`;
    const edge = startEdge({ tier, conf });
    t.after(() => edge.close());
    const victim = await RawClient.connect(edge.port);
    t.after(() => victim.close());
    return new ResponseBench(edge, origin, victim);
  }

  /** Runs one case; rejects with its name. */
  async run(one: ResponseCase): Promise<void> {
    this.#case = one;
    this.#connection = undefined;
    const client = await RawClient.connect(this.#edge.port);
    try {
      client.send(head(one.request, 'Host: a.test', ...(one.fields ?? [])));
      const isOpen = await checkAnswer(client, one);
      const connection = this.#connection as OriginConnection | undefined;
      assert.ok(connection !== undefined, 'the endpoint was asked');
      const served = connection.requestCount;
      if (one.late !== undefined) {
        connection.send(one.late);
        await connection.closed();
      }
      if (isOpen) await probe(client);
      await probe(this.#victim);
      const isReused = one.verdict.kind === 'passed' && one.verdict.isReused;
      if (isReused) assert.ok(connection.requestCount > served, 'a good connection is kept');
      else {
        assert.equal(connection.requestCount, served, 'its connection serves nobody else');
        await connection.closed();
      }
      assert.equal(client.rest, '', 'nothing is left over');
    } catch (error) {
      throw new Error(`${one.name}: ${JSON.stringify(one.answer.slice(0, 200))}`, { cause: error });
    } finally {
      client.close();
    }
  }

  #answer(connection: OriginConnection): undefined {
    const one = this.#case as ResponseCase;
    this.#connection = connection;
    if (one.answer !== '') connection.send(one.answer);
    if (one.then === 'ends') connection.end();
    if (one.then === 'breaks') connection.reset();
  }
}

/** Whether the client's connection is still open. */
async function checkAnswer(client: RawClient, one: ResponseCase): Promise<boolean> {
  const { verdict } = one;
  if (verdict.kind === 'broken') return checkBroken(client, one, verdict.body);
  const response = await client.response(one.request.startsWith('HEAD ') ? 'HEAD' : 'GET');
  if (verdict.kind === 'refused') return checkRefusal(response, one);
  const { lines, status } = response;
  assert.equal(status, verdict.status, lines.join('\n'));
  assert.ok(response.isWhole);
  assert.equal(response.body.toString('latin1'), verdict.body);
  const unwanted = lines.filter((line) => NEVER.test(line) || /poison/.test(line));
  assert.deepEqual(unwanted, []);
  assert.equal(lines.includes('Connection: close'), verdict.closes, lines.join('\n'));
  if (verdict.closes) assert.equal(await client.closed(), 'end');
  return !verdict.closes;
}

/** A refusal, an answer that breaks off, or, when head and fault came at once, the end alone. */
async function checkBroken(client: RawClient, one: ResponseCase, body: string): Promise<boolean> {
  if (!(await isAnswered(client))) {
    await client.closed();
    return false;
  }
  const response = await client.response();
  if (response.isWhole) return checkRefusal(response, one);
  const text = response.body.toString('latin1');
  assert.equal(response.status, 200, response.lines.join('\n'));
  assert.ok(body.startsWith(text), `cut within ${body}, not ${text}`);
  await client.closed();
  return false;
}

/** False: the connection ended without a byte. */
async function isAnswered(client: RawClient): Promise<boolean> {
  try {
    await client.untilBytes(1);
    return true;
  } catch {
    return false;
  }
}

/** The fault is not the client's: it stays, unless it may have sent something that is not HTTP. */
function checkRefusal({ isWhole, lines, status }: SeenResponse, one: ResponseCase): boolean {
  assert.equal(status, 502, lines.join('\n'));
  assert.ok(isWhole);
  const hasAsked = one.fields?.includes('Upgrade: websocket') === true;
  assert.equal(lines.includes('Connection: close'), hasAsked);
  return !hasAsked;
}

async function probe(client: RawClient): Promise<void> {
  client.send(PROBE);
  const { body, lines } = await client.response();
  assert.equal(body.toString('latin1'), 'probe', lines.join('\n'));
  assert.equal(client.rest, '', 'one answer to one probe');
}
