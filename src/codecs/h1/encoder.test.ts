import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ByteWriter } from '#src/bytes/byte-writer.ts';
import { AddedLines, FieldEdits } from '#src/http/field-edits.ts';
import { F_HOST } from '#src/http/field-names.ts';
import { HOP_BY_HOP_IDS } from '#src/http/hop-by-hop.ts';
import { RequestHead, ResponseHead } from '#src/http/message.ts';
import {
  chunkHead,
  encodeKept,
  encodeLength,
  encodeRequest,
  encodeStatusLine,
  lastChunk,
  type OutgoingRequest,
  roomForRequest,
  roomForResponse,
} from './encoder.ts';
import { RequestDecoder } from './request-decoder.ts';
import { ResponseDecoder } from './response-decoder.ts';

const EDITS = new FieldEdits([...HOP_BY_HOP_IDS, F_HOST], ['X-Drop']);

/** What `encode` writes into room for `room` bytes that begins behind others; it must be enough. */
function written(room: number, encode: (out: ByteWriter) => void): string {
  const before = 3;
  const out = new ByteWriter(before + room);
  out.text('...');
  encode(out); // a byte of a view behind the room throws
  assert.ok(out.at <= before + room, `${out.at - before} bytes, room for ${room}`);
  return out.bytes.toString('latin1', before, out.at);
}

/** As it goes to the endpoint. */
function requestText(head: RequestHead, options: Partial<OutgoingRequest> = {}): string {
  const request: OutgoingRequest = {
    ...{ head, target: undefined, edits: EDITS },
    ...{ added: new AddedLines(), addedBytes: 0, minorVersion: 1 },
    ...options,
  };
  return written(roomForRequest(request), (out) => encodeRequest(out, request));
}

function responseText(head: ResponseHead, ours = ''): string {
  return written(roomForResponse(head) + ours.length, (out) => {
    encodeStatusLine(out, head);
    out.text(ours);
    encodeKept(out, head.fields, EDITS);
    out.crlf();
  });
}

function received(...lines: string[]): RequestHead {
  const head = new RequestHead();
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  assert.equal(new RequestDecoder().decodeHead(bytes, 0, bytes.length, head), bytes.length);
  return head;
}

/** The lines of the head that goes to the endpoint. */
function sent(head: RequestHead): string[] {
  const added = new AddedLines();
  added.add('Host', 'api');
  const text = requestText(head, { added, addedBytes: added.at });
  assert.ok(text.endsWith('\r\n\r\n'));
  return text.slice(0, -4).split('\r\n');
}

describe('a forwarded request', () => {
  it('keeps its lines, in order, between ours and its framing', () => {
    const head = received(
      'GET /a?b HTTP/1.1',
      'A: 1',
      'Host: x',
      'B: 2',
      'C: 3',
      'X-Drop: 4',
      'D: 5',
    );
    assert.deepEqual(sent(head), [
      'GET /a?b HTTP/1.1',
      ...['Host: api', 'A: 1', 'B: 2', 'C: 3', 'D: 5'],
    ]);
  });

  it('has unusual lines written anew', () => {
    const head = received('GET / HTTP/1.1', 'Host: x', 'A:1', 'B: 2', 'C:\t3 ', 'D:', 'E: \xe9');
    const lines = ['A: 1', 'B: 2', 'C: 3', 'D: ', 'E: \xe9'];
    assert.deepEqual(sent(head), ['GET / HTTP/1.1', 'Host: api', ...lines]);
  });

  it('loses what is hop-by-hop, what Connection names, and underscores', () => {
    const hops = ['Connection: x-a', 'X-A: 1', 'TE: trailers', 'Upgrade: h2c', 'X_B: 2', 'Y: 3'];
    assert.deepEqual(sent(received('GET / HTTP/1.0', ...hops)), [
      'GET / HTTP/1.1',
      'Host: api',
      'Y: 3',
    ]);
  });

  it('says where its body ends in our words', () => {
    const last = (...lines: string[]) => sent(received(...lines, 'Host: x')).at(-1);
    assert.equal(last('POST / HTTP/1.1', 'content-length: 007'), 'Content-Length: 7');
    assert.equal(
      last('POST / HTTP/1.1', 'Transfer-Encoding: CHUNKED'),
      'Transfer-Encoding: chunked',
    );
    assert.equal(last('GET / HTTP/1.1', 'Content-Length: 0'), 'Host: api');
    for (const method of ['POST', 'PUT', 'PATCH']) {
      assert.equal(last(`${method} / HTTP/1.1`), 'Content-Length: 0');
    }
  });
});

describe('the target of a forwarded request', () => {
  const first = (head: RequestHead, target?: string): string | undefined =>
    requestText(head, { target }).split(' ')[1];

  it('is the one that came, byte by byte, short or long', () => {
    for (const target of ['/', '/a//b/../c?d', '/\xe9%20?\xff', `/${'a'.repeat(7_000)}?b`]) {
      assert.equal(first(received(`GET ${target} HTTP/1.1`, 'Host: x')), target);
    }
  });

  it('is the origin-form of one that came in absolute-form', () => {
    assert.equal(first(received('GET http://x/a?b HTTP/1.1', 'Host: x')), '/a?b');
    assert.equal(first(received('GET http://x HTTP/1.1', 'Host: x')), '/');
    assert.equal(first(received('OPTIONS * HTTP/1.1', 'Host: x')), '*');
  });

  it('is what was put in its place, by whoever did', () => {
    const head = received('GET /a HTTP/1.1', 'Host: x');
    assert.equal(first(head, '/long/'.repeat(99)), '/long/'.repeat(99));
    head.originTarget = '/redirected?c';
    assert.equal(first(head), '/redirected?c');
    assert.equal(first(head, '/b'), '/b');
  });

  it('stays the same when fields are put behind those that came', () => {
    const head = received('GET /a?b HTTP/1.1', 'Host: x');
    head.fields.append(0, 'A', 'a'.repeat(5_000));
    assert.equal(first(head), '/a?b');
  });
});

describe('a method', () => {
  it('goes on as it came', () => {
    for (const method of ['GET', 'GETS', 'get', 'M-SEARCH', 'DELETE']) {
      const text = requestText(received(`${method} / HTTP/1.1`, 'Host: x'));
      assert.ok(text.startsWith(`${method} / HTTP/1.1\r\n`), text);
    }
  });
});

describe('a value that was replaced', () => {
  it('goes on in the line of the old one, shorter or longer', () => {
    for (const value of ['', '9', 'longer '.repeat(200)]) {
      const head = received('GET / HTTP/1.1', 'Host: x', 'A: 1', 'B: 10', 'C: 3');
      head.fields.setValue(2, value);
      head.fields.append(0, 'D', '4');
      const expected = ['Host: api', 'A: 1', `B: ${value}`, 'C: 3', 'D: 4'];
      assert.deepEqual(sent(head).slice(1), expected);
    }
  });
});

describe('lines of any length', () => {
  it('go on unchanged, dropped ones between them', () => {
    for (const length of [0, 1, 7, 8, 9, 500, 511, 512, 513, 520, 4_000]) {
      const long = `A: ${'a'.repeat(length)}x`;
      const lines = [long, 'X-Drop: 1', long, long, 'Y:1', long];
      const head = received('GET / HTTP/1.1', ...lines, 'Host: x');
      const expected = lines.filter((line) => line !== 'X-Drop: 1');
      assert.deepEqual(
        sent(head).slice(2),
        expected.map((line) => (line === 'Y:1' ? 'Y: 1' : line)),
      );
    }
  });

  it('have room, even when all of them are written anew', () => {
    const lines = Array.from({ length: 99 }, (_, at) => `A${at}:`);
    const head = received('POST / HTTP/1.1', 'Host: x', ...lines);
    const expected = lines.map((line) => `${line} `);
    assert.deepEqual(sent(head), [
      'POST / HTTP/1.1',
      'Host: api',
      ...expected,
      'Content-Length: 0',
    ]);
  });
});

describe('a request of version 1.0', () => {
  it('differs in its line only', () => {
    const head = received('POST /a HTTP/1.1', 'Host: x', 'Content-Length: 2', 'A: 1');
    const text = requestText(head, { minorVersion: 0 });
    assert.equal(text, 'POST /a HTTP/1.0\r\nA: 1\r\nContent-Length: 2\r\n\r\n');
  });
});

describe('a forwarded response', () => {
  function forwarded(...lines: string[]): string {
    const head = new ResponseHead();
    const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    const decoder = new ResponseDecoder();
    assert.equal(decoder.decodeHead(bytes, 0, bytes.length, head, 'GET'), bytes.length);
    return responseText(head, 'Date: now\r\n');
  }

  it('is a line of our version, our fields, and those that came', () => {
    const text = forwarded('HTTP/1.1 200 OK', 'Connection: close', 'A: 1', 'B:2');
    assert.equal(text, 'HTTP/1.1 200 OK\r\nDate: now\r\nA: 1\r\nB: 2\r\n\r\n');
    assert.equal(
      forwarded('HTTP/1.0 404 Gone astray'),
      'HTTP/1.1 404 Gone astray\r\nDate: now\r\n\r\n',
    );
    assert.equal(forwarded('HTTP/1.1 204'), 'HTTP/1.1 204 \r\nDate: now\r\n\r\n');
  });

  it('says 200 and any other reason of it as they came', () => {
    assert.match(forwarded('HTTP/1.1 200 Fine'), /^HTTP\/1\.1 200 Fine\r\n/);
    assert.match(forwarded('HTTP/1.1 201 OK'), /^HTTP\/1\.1 201 OK\r\n/);
    const reason = 'r\xe9ason '.repeat(100);
    assert.ok(forwarded(`HTTP/1.1 200 ${reason}`).startsWith(`HTTP/1.1 200 ${reason}\r\n`));
  });

  it('says how long its body is, to the byte', () => {
    for (const bytes of [0, 9, 10, 1_234_567, Number.MAX_SAFE_INTEGER]) {
      const text = written(64, (out) => encodeLength(out, bytes));
      assert.equal(text, `Content-Length: ${bytes}\r\n`);
    }
  });

  it('has fields that were put behind those that came', () => {
    const head = new ResponseHead();
    const bytes = Buffer.from('HTTP/1.1 200 OK\r\nA: 1\r\n\r\n');
    new ResponseDecoder().decodeHead(bytes, 0, bytes.length, head, 'GET');
    head.fields.append(0, 'B', '2');
    head.fields.append(0, 'C', '3');
    const text = responseText(head);
    assert.equal(text, 'HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n');
  });
});

describe('a chunk', () => {
  it('says its size in hexadecimal digits', () => {
    assert.deepEqual([1, 10, 255, 65_536].map(chunkHead), [
      '1\r\n',
      'a\r\n',
      'ff\r\n',
      '10000\r\n',
    ]);
  });

  it('that is the last one carries the trailers', () => {
    assert.equal(lastChunk(''), '0\r\n\r\n');
    assert.equal(lastChunk('A: b\r\n'), '0\r\nA: b\r\n\r\n');
  });
});
