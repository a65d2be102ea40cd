/** Heads on their way out: most lines are copied in runs, some are left out or written anew. */
import { Block } from '#src/bytes/byte-copy.ts';
import { ByteWriter } from '#src/bytes/byte-writer.ts';
import {
  encodeKept,
  encodeRequest,
  encodeStatusLine,
  roomForRequest,
  roomForResponse,
} from '#src/codecs/h1/encoder.ts';
import { RequestDecoder } from '#src/codecs/h1/request-decoder.ts';
import { ResponseDecoder } from '#src/codecs/h1/response-decoder.ts';
import { AddedLines, FieldEdits } from '#src/http/field-edits.ts';
import { F_EXPECT, F_HOST } from '#src/http/field-names.ts';
import { HOP_BY_HOP_IDS } from '#src/http/hop-by-hop.ts';
import { RequestHead, ResponseHead } from '#src/http/message.ts';
import type { Bench } from './measure.ts';

const TO_ENDPOINT = new FieldEdits([...HOP_BY_HOP_IDS, F_EXPECT, F_HOST], []);
const REWRITING = new FieldEdits(
  [...HOP_BY_HOP_IDS, F_EXPECT, F_HOST],
  ['X-Real-IP', 'X-Forwarded-For', 'X-Internal', 'X-Debug'],
);
const TO_CLIENT = new FieldEdits(HOP_BY_HOP_IDS, ['Date', 'Server', 'X-Accel-Redirect']);

const FIELDS =
  'Host: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n' +
  'Connection: keep-alive\r\nX-Real-IP: 1.2.3.4\r\nX-Internal: 1\r\nCookie: id=1; theme=dark\r\n' +
  'Accept-Encoding: gzip, deflate, br\r\nX-Other: a\r\nPriority: u=0, i\r\n';

function received(text: string): RequestHead {
  const head = new RequestHead();
  const bytes = Buffer.from(text);
  if (new RequestDecoder().decodeHead(bytes, 0, bytes.length, head) <= 0)
    throw new Error('refused');
  return head;
}

const out = new ByteWriter(8192);

function forward(
  text: string,
  edits: FieldEdits,
  fields: readonly [string, string][],
): Bench['run'] {
  const head = received(text);
  const added = new AddedLines();
  const outgoing = { head, target: undefined, edits, added, addedBytes: 0, minorVersion: 1 };
  return (count) => {
    let total = 0;
    for (let i = 0; i < count; i += 1) {
      added.clear();
      for (const [name, value] of fields) added.add(name, value);
      outgoing.addedBytes = added.at;
      out.at = 0;
      out.reserve(roomForRequest(outgoing));
      encodeRequest(out, outgoing);
      total += out.at;
    }
    return total;
  };
}

/** As for a connection whose lines were made for an earlier request. */
function forwardWithKeptLines(text: string, edits: FieldEdits): Bench['run'] {
  const added = new AddedLines();
  for (const [name, value] of FORWARDED) added.add(name, value);
  const head = received(text);
  const outgoing = { head, target: undefined, edits, added, addedBytes: added.at, minorVersion: 1 };
  return (count) => {
    let total = 0;
    for (let i = 0; i < count; i += 1) {
      out.at = 0;
      out.reserve(roomForRequest(outgoing));
      encodeRequest(out, outgoing);
      total += out.at;
    }
    return total;
  };
}

const OURS = new Block(
  'Server: weir\r\nDate: Sat, 21 Nov 2026 00:00:00 GMT\r\nContent-Length: 10\r\n',
).view;

function respond(text: string): Bench['run'] {
  const head = new ResponseHead();
  const bytes = Buffer.from(text);
  new ResponseDecoder().decodeHead(bytes, 0, bytes.length, head, 'GET');
  return (count) => {
    let total = 0;
    for (let i = 0; i < count; i += 1) {
      out.at = 0;
      out.reserve(roomForResponse(head) + OURS.byteLength);
      encodeStatusLine(out, head);
      out.copy(OURS, 0, OURS.byteLength);
      encodeKept(out, head.fields, TO_CLIENT);
      out.crlf();
      total += out.at;
    }
    return total;
  };
}

const HOST: readonly [string, string][] = [['Host', 'backend']];
const FORWARDED: readonly [string, string][] = [
  ...HOST,
  ['X-Real-IP', '192.0.2.1'],
  ['X-Forwarded-For', '1.2.3.4, 192.0.2.1'],
  ['X-Forwarded-Proto', 'https'],
];

export const benches: readonly Bench[] = [
  {
    name: 'request, 3 fields',
    run: forward('GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: wrk\r\nX: y\r\n\r\n', TO_ENDPOINT, HOST),
  },
  {
    name: 'request, 10 fields',
    run: forward(`GET /path HTTP/1.1\r\n${FIELDS}\r\n`, TO_ENDPOINT, HOST),
  },
  {
    name: 'request, 10 fields, 4 added, 4 dropped by name',
    run: forward(`GET /path HTTP/1.1\r\n${FIELDS}\r\n`, REWRITING, FORWARDED),
  },
  {
    name: 'the same, the added lines kept with the connection',
    run: forwardWithKeptLines(`GET /path HTTP/1.1\r\n${FIELDS}\r\n`, REWRITING),
  },
  {
    name: 'response, 6 fields',
    run: respond(
      'HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sat, 21 Nov 2026 00:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 10\r\nConnection: keep-alive\r\nETag: "1"\r\n\r\n',
    ),
  },
];
