// What is wrong with the bytes that an origin was sent for a case: nothing, or one line per fault.
// Pure, so that a forwarder which is known to be bad can be judged by the same code.

import { PANEL, type Policy } from '#test/support/lenient-policies.ts';
import { disagreements, type ReadRequest, readLeniently } from '#test/support/lenient-reader.ts';
import type { Forwarded, SeenRequest, SmugglingCase } from './case.ts';

/** The request by which the edge is asked whether it still serves; whoever else pays for a smuggled one. */
export const PROBE_LINE = 'GET /probe HTTP/1.1';
const SMUGGLED_LINE = /^\s*GET \/smuggled\b/;
const [RFC] = PANEL as readonly [Policy];

/** How request bodies are passed on. */
export interface Judging {
  /**
   * As they come, so the head of a request whose body turns out bad has gone. Otherwise whole, so it
   * has not, and what came in chunks goes on with its length.
   */
  readonly isStreamed: boolean;
}

/**
 * The faults, in words.
 * @param streams what came per connection of the origin, one char per byte
 */
export function faults(
  { verdict }: SmugglingCase,
  streams: readonly string[],
  judging: Judging,
): string[] {
  const twoReadings = streams.flatMap(disagreements);
  const expected = 'requests' in verdict ? verdict.requests : [];
  const readings = streams.map((stream) => readLeniently(stream, RFC));
  const requests = readings
    .flatMap((reading) => reading.requests)
    .filter(({ lines }) => lines[0] !== PROBE_LINE);
  const found = [...twoReadings, ...smuggled(streams, expected)];
  if ('status' in verdict) {
    for (const { lines } of requests) found.push(`forwarded, not refused: ${lines[0]}`);
    const begun = readings.some(({ restAt }, at) => restAt < (streams[at]?.length ?? 0));
    if (begun && !(verdict.isInBody && judging.isStreamed))
      found.push('a part of it was forwarded');
    return found;
  }
  return [...found, ...differences(requests, verdict, judging)];
}

/** Any reader of the panel that sees `/smuggled` as a request, unless it was pipelined. */
function smuggled(streams: readonly string[], expected: readonly SeenRequest[]): string[] {
  if (expected.some(({ lines }) => SMUGGLED_LINE.test(lines[0] ?? ''))) return [];
  return PANEL.flatMap((policy) =>
    streams
      .flatMap((stream) => readLeniently(stream, policy).requests)
      .filter(({ lines }) => SMUGGLED_LINE.test(lines[0] ?? ''))
      .map(() => `smuggled, to "${policy.name}"`),
  );
}

function differences(
  requests: readonly ReadRequest[],
  { requests: expected }: Forwarded,
  judging: Judging,
): string[] {
  const found: string[] = [];
  if (requests.length !== expected.length) {
    found.push(`${requests.length} requests instead of ${expected.length}`);
  }
  for (const [at, wanted] of expected.entries()) {
    const request = requests[at];
    if (request !== undefined) found.push(...difference(request, wanted, judging));
  }
  return found;
}

const FRAMING = /^(content-length|transfer-encoding):/i;
/** Ours, at the end of every forwarded Via: its name depends on the machine. */
const OWN_VIA = /(^Via: |, )1\.[01] weir-[0-9a-f]{8}$/;

function difference(
  { lines, body }: ReadRequest,
  wanted: SeenRequest,
  { isStreamed }: Judging,
): string[] {
  const found: string[] = [];
  const plain = lines
    .map((line) => line.replace(OWN_VIA, ''))
    .filter((line) => line !== '' && !FRAMING.test(line))
    .filter((line) => !(isStreamed && line === 'Expect: 100-continue'));
  if (lines.filter((line) => OWN_VIA.test(line)).length !== 1) found.push('not one Via of ours');
  if (plain.join('\n') !== wanted.lines.join('\n')) {
    found.push(`head ${JSON.stringify(plain)} instead of ${JSON.stringify(wanted.lines)}`);
  }
  if (body !== wanted.body) {
    found.push(`body ${JSON.stringify(body)} instead of ${JSON.stringify(wanted.body)}`);
  }
  const framing = lines.filter((line) => FRAMING.test(line));
  const length = `Content-Length: ${wanted.body.length}`;
  const saysNothing = wanted.body === '' && !/^(POST|PUT|PATCH) /.test(wanted.lines[0] ?? '');
  const canonical = [length, ...(isStreamed ? ['Transfer-Encoding: chunked'] : [])];
  const isCanonical =
    (framing.length === 1 && canonical.includes(framing[0] ?? '')) ||
    (framing.length === 0 && saysNothing);
  if (!isCanonical) found.push(`framing ${JSON.stringify(framing)}`);
  return found;
}
