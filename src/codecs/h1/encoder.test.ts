import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AddedFields, FieldEdits } from '#src/http/field-edits.ts';
import { F_HOST } from '#src/http/field-names.ts';
import { HOP_BY_HOP_IDS } from '#src/http/hop-by-hop.ts';
import { RequestHead, ResponseHead } from '#src/http/message.ts';
import { chunkHead, encodeRequest, encodeResponse, lastChunk } from './encoder.ts';
import { RequestDecoder } from './request-decoder.ts';
import { ResponseDecoder } from './response-decoder.ts';

const EDITS = new FieldEdits([...HOP_BY_HOP_IDS, F_HOST], ['X-Drop']);

function received(...lines: string[]): RequestHead {
  const head = new RequestHead();
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  assert.equal(new RequestDecoder().decodeHead(bytes, 0, bytes.length, head), bytes.length);
  return head;
}

/** The lines of the head that goes to the endpoint. */
function sent(head: RequestHead): string[] {
  const added = new AddedFields();
  added.add('Host', 'api');
  const text = encodeRequest(head, head.originTarget, EDITS, added);
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

describe('a request of version 1.0', () => {
  it('differs in its line only', () => {
    const added = new AddedFields();
    const head = received('POST /a HTTP/1.1', 'Host: x', 'Content-Length: 2', 'A: 1');
    const text = encodeRequest(head, '/a', EDITS, added, 0);
    assert.equal(text, 'POST /a HTTP/1.0\r\nA: 1\r\nContent-Length: 2\r\n\r\n');
  });
});

describe('a forwarded response', () => {
  function forwarded(...lines: string[]): string {
    const head = new ResponseHead();
    const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    const decoder = new ResponseDecoder();
    assert.equal(decoder.decodeHead(bytes, 0, bytes.length, head, 'GET'), bytes.length);
    return encodeResponse(head, EDITS, 'Date: now\r\n');
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

  it('has fields that were put behind those that came', () => {
    const head = new ResponseHead();
    const bytes = Buffer.from('HTTP/1.1 200 OK\r\nA: 1\r\n\r\n');
    new ResponseDecoder().decodeHead(bytes, 0, bytes.length, head, 'GET');
    head.fields.append(0, 'B', '2');
    head.fields.append(0, 'C', '3');
    const text = encodeResponse(head, EDITS, '');
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
