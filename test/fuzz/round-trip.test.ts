// What the encoder writes, every decoder reads as the same message: nothing a sender puts into a
// head can change where the forwarded head ends or what it says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from '#src/bytes/byte-writer.ts';
import { BodyDecoder } from '#src/codecs/h1/body-decoder.ts';
import {
  CHUNK_END,
  chunkHead,
  encodeKept,
  encodeRequest,
  encodeStatusLine,
  lastChunk,
  roomForRequest,
  roomForResponse,
} from '#src/codecs/h1/encoder.ts';
import { RequestDecoder } from '#src/codecs/h1/request-decoder.ts';
import { ResponseDecoder } from '#src/codecs/h1/response-decoder.ts';
import { AddedLines, FieldEdits } from '#src/http/field-edits.ts';
import { F_EXPECT, F_HOST } from '#src/http/field-names.ts';
import { type HeaderMap, MARK_DROP } from '#src/http/header-map.ts';
import { HOP_BY_HOP_IDS } from '#src/http/hop-by-hop.ts';
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  BODY_UNTIL_CLOSE,
  RequestHead,
  ResponseHead,
} from '#src/http/message.ts';
import { keptTrailers } from '#src/http/trailers.ts';
import { forCases } from './cases.ts';
import { lines } from './draft.ts';
import { parseWithLlhttp } from './llhttp.ts';
import { anyField, requestText, responseText } from './messages.ts';
import { mutated } from './mutations.ts';

const HOST = 'forwarded.test';

/** The fields that go on, as `Name: value`. */
function kept(fields: HeaderMap, isDropped: (id: number, lowerName: string) => boolean): string[] {
  const lines: string[] = [];
  for (let index = 0; index < fields.count; index++) {
    const name = fields.nameAt(index);
    if ((fields.marksAt(index) & MARK_DROP) !== 0) continue;
    if (isDropped(fields.idAt(index), name.toLowerCase())) continue;
    lines.push(`${name}: ${fields.valueAt(index)}`);
  }
  return lines;
}

/** What `encode` writes into room for so many bytes; more throws. */
function written(room: number, encode: (out: ByteWriter) => void): Buffer {
  const out = new ByteWriter(room);
  encode(out);
  assert.ok(out.at <= room, `${out.at} bytes, room for ${room}`);
  return out.bytes.subarray(0, out.at);
}

test('a forwarded request head says what the received one said', () => {
  const decoder = new RequestDecoder();
  const [head, again] = [new RequestHead(), new RequestHead()];
  const edits = new FieldEdits([...HOP_BY_HOP_IDS, F_EXPECT, F_HOST], ['X-A']);
  const isDropped = (id: number, name: string): boolean =>
    HOP_BY_HOP_IDS.includes(id) || id === F_EXPECT || id === F_HOST || name === 'x-a';
  const added = new AddedLines();
  let forwarded = 0;
  forCases(0.06, (random) => {
    const text = random.chance(0.5) ? requestText(random) : mutated(random, requestText(random));
    const bytes = Buffer.from(text, 'latin1');
    decoder.reset();
    head.reset();
    if (decoder.decodeHead(bytes, 0, bytes.length, head) <= 0 || head.originTarget === '') return;
    added.clear();
    added.add('Host', HOST);
    const request = {
      ...{ head, edits, added, addedBytes: added.at, minorVersion: 1 },
      target: random.chance(0.5) ? undefined : head.originTarget,
    };
    const out = written(roomForRequest(request), (writer) => encodeRequest(writer, request));
    const encoded = out.toString('latin1');
    decoder.reset();
    decoder.keepsUnderscores = true;
    again.reset();
    const shown = JSON.stringify([text, encoded]);
    assert.equal(decoder.decodeHead(out, 0, out.length, again), out.length, shown);
    decoder.keepsUnderscores = false;
    assert.equal(again.method, head.method, shown);
    assert.equal(again.target, head.originTarget, shown);
    assert.equal(again.path, head.path, shown);
    assert.deepEqual([again.framing, again.bodyBytes], [head.framing, head.bodyBytes], shown);
    const lines = kept(again.fields, (id) => HOP_BY_HOP_IDS.includes(id));
    assert.deepEqual(lines, [`Host: ${HOST}`, ...kept(head.fields, isDropped)], shown);
    if (/^[\x00-\x7f]*$/.test(encoded)) {
      const { failure, messages } = parseWithLlhttp(out, 'request');
      assert.ok(failure === undefined || failure === 'HPE_INVALID_METHOD', `${failure}: ${shown}`);
      assert.equal(messages.length, failure === undefined ? 1 : 0, shown);
    }
    forwarded += 1;
  });
  assert.ok(forwarded > 1_000);
});

test('a forwarded response head says what the received one said', () => {
  const decoder = new ResponseDecoder();
  const [head, again] = [new ResponseHead(), new ResponseHead()];
  const edits = new FieldEdits(HOP_BY_HOP_IDS, []);
  forCases(0.04, (random) => {
    const text = random.chance(0.5) ? responseText(random) : mutated(random, responseText(random));
    const bytes = Buffer.from(text, 'latin1');
    decoder.reset();
    head.reset();
    if (decoder.decodeHead(bytes, 0, bytes.length, head, 'GET') <= 0) return;
    let ours = 'Connection: keep-alive\r\n';
    if (head.framing === BODY_LENGTH) ours += `Content-Length: ${head.bodyBytes}\r\n`;
    else if (head.framing !== 0) ours += 'Transfer-Encoding: chunked\r\n';
    const out = written(roomForResponse(head) + ours.length, (writer) => {
      encodeStatusLine(writer, head);
      writer.text(ours);
      encodeKept(writer, head.fields, edits);
      writer.crlf();
    });
    const encoded = out.toString('latin1');
    decoder.reset();
    again.reset();
    const shown = JSON.stringify([text, encoded]);
    assert.equal(decoder.decodeHead(out, 0, out.length, again, 'GET'), out.length, shown);
    assert.deepEqual([again.status, again.reason], [head.status, head.reason], shown);
    const isOurs = (id: number): boolean => HOP_BY_HOP_IDS.includes(id);
    assert.deepEqual(kept(again.fields, isOurs), kept(head.fields, isOurs), shown);
    const framing =
      head.framing === BODY_UNTIL_CLOSE && !/^(1|204|304)/.test(String(head.status))
        ? BODY_CHUNKED
        : head.framing;
    if (framing !== 0) assert.equal(again.framing, framing, shown);
  });
});

test('a body written in chunks is read as the same body, with the trailers that go on', () => {
  const decoder = new BodyDecoder();
  forCases(0.03, (random) => {
    let [body, text, read] = ['', '', ''];
    while (random.chance(0.7)) {
      const piece = random.bytes(1 + random.below(300));
      body += piece;
      text += chunkHead(piece.length) + piece + CHUNK_END;
    }
    let section = '';
    while (random.chance(0.5)) section += lines([anyField(random)]);
    const trailers = keptTrailers(`${section}\r\n`, true);
    const bytes = Buffer.from(text + lastChunk(trailers), 'latin1');
    decoder.start(BODY_CHUNKED, 0);
    const used = decoder.decode(bytes, 0, bytes.length, {
      onBody: (given, start, end) => {
        read += given.toString('latin1', start, end);
      },
    });
    assert.equal(used, bytes.length);
    assert.ok(decoder.isDone);
    assert.equal(read, body);
    assert.equal(decoder.trailers, trailers);
    assert.equal(keptTrailers(`${trailers}\r\n`, true), trailers);
  });
});
