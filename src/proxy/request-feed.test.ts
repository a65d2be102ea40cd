import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import type { Downstream } from '#src/exchange/downstream.ts';
import { Exchange } from '#src/exchange/exchange.ts';
import { BODY_LENGTH } from '#src/http/message.ts';
import { RequestFeed } from './request-feed.ts';

test('a feed that has ended hears nothing of the body it leaves with its exchange', () => {
  const told: string[] = [];
  const feed = new RequestFeed({
    onRequestWhole: () => told.push('whole'),
    onRequestLost: (errno) => told.push(errno),
  });
  const exchange = new Exchange();
  exchange.request.framing = BODY_LENGTH;
  exchange.downstream = { askForBody: () => undefined } as unknown as Downstream;
  feed.begin(exchange, { memoryBytes: 16, directory: tmpdir() }, false);
  feed.onBody(Buffer.from('body'), 0, 4);
  const store = exchange.requestStore;
  assert.ok(store);
  feed.end();
  store.onFileReadFailed('EIO'); // a read that was under way for an endpoint that answered early
  assert.deepEqual(told, []);
  exchange.reset();
});

test('another feed takes the body over, and is told instead', () => {
  const told: string[] = [];
  const owner = (name: string) => ({
    onRequestWhole: () => told.push(`${name}: whole`),
    onRequestLost: (errno: string) => told.push(`${name}: ${errno}`),
  });
  const [first, second] = [new RequestFeed(owner('first')), new RequestFeed(owner('second'))];
  const exchange = new Exchange();
  exchange.request.framing = BODY_LENGTH;
  exchange.downstream = { askForBody: () => undefined } as unknown as Downstream;
  first.begin(exchange, { memoryBytes: 16, directory: tmpdir() }, false);
  second.begin(exchange, undefined, false);
  first.end(); // late: the body is no longer its own
  exchange.requestStore?.onFileReadFailed('EIO');
  assert.deepEqual(told, ['second: EIO']);
  exchange.reset();
});
