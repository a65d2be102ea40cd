/** Data path. The head of a request on its way to an endpoint. */

import { Block, type ByteBlock } from '#src/bytes/byte-copy.ts';
import type { Downstream } from '#src/exchange/downstream.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { FieldEdits } from '#src/http/field-edits.ts';
import { RequestHead } from '#src/http/message.ts';
import type { ResponseSink, UpstreamConnection } from '#src/upstream/pool/response-sink.ts';
import type { ProxiedLocation } from './proxied-location.ts';

/** Filled and encoded before the next exchange can need it: one per thread. */
const NO_LINES: ByteBlock = new Block('');
const outgoing = {
  head: new RequestHead(),
  target: undefined as string | undefined,
  edits: new FieldEdits([], []),
  added: NO_LINES,
  addedBytes: 0,
  minorVersion: 1,
};

/**
 * Encodes the head for a connection that `sink` will have; nothing leaves before a flush. False: a
 * value would split the head, and nothing was done.
 */
export function sendHead(
  exchange: Exchange,
  { own, plan, traits }: ProxiedLocation,
  connection: UpstreamConnection,
  sink: ResponseSink,
): boolean {
  const lines = plan.lines(exchange);
  if (lines === undefined) return false;
  // Without a 101, what the client sends behind its request may be HTTP or not: never guessed.
  if (plan.wantsUpgrade(exchange)) exchange.closeAfter = true;
  if (traits.closes) (exchange.downstream as Downstream).askForBody(); // 1.0 has no 100 to wait for
  outgoing.head = exchange.request;
  outgoing.target = plan.target(exchange);
  outgoing.edits = plan.edits;
  outgoing.added = lines;
  outgoing.addedBytes = lines.at;
  outgoing.minorVersion = plan.minorVersion;
  if (own === undefined) connection.start(sink, outgoing, traits);
  else own.start(connection, sink, outgoing, traits, exchange);
  return true;
}
