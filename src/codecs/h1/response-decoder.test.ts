import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FAILED, NEED_MORE } from '#src/codecs/codec.ts';
import { BODY_LENGTH, BODY_NONE, BODY_UNTIL_CLOSE, ResponseHead } from '#src/http/message.ts';
import { ResponseDecoder } from './response-decoder.ts';

function decode(text: string, method = 'GET') {
  const decoder = new ResponseDecoder();
  const head = new ResponseHead();
  const bytes = Buffer.from(text, 'latin1');
  const length = decoder.decodeHead(bytes, 0, bytes.length, head, method);
  return { decoder, head, length };
}

function taken(text: string, method = 'GET'): ResponseHead {
  const { decoder, head, length } = decode(text, method);
  assert.equal(decoder.failure, undefined, text);
  assert.equal(length, text.length);
  return head;
}

describe('a response head', () => {
  const lines: Record<string, [status: number, reason: string, minorVersion: number]> = {
    'HTTP/1.1 200 OK': [200, 'OK', 1],
    'HTTP/1.1 200 Fine': [200, 'Fine', 1],
    'HTTP/1.0 404 Not Found': [404, 'Not Found', 0],
    'HTTP/1.1 204 ': [204, '', 1],
    'HTTP/1.1 204': [204, '', 1],
    'HTTP/1.1 599 \xe9\tx': [599, '\xe9\tx', 1],
    'HTTP/1.1 999 Odd': [999, 'Odd', 1],
  };
  for (const [line, [status, reason, minorVersion]] of Object.entries(lines)) {
    it(`may begin with "${line}"`, () => {
      const head = taken(`${line}\r\n\r\n`);
      assert.deepEqual(
        [head.status, head.reason, head.minorVersion],
        [status, reason, minorVersion],
      );
    });
  }

  const malformed = ['', 'HTTP/1.1', 'HTTP/1.1 20 OK', 'HTTP/1.1 2000 OK', 'HTTP/1.1 099 Low'];
  malformed.push(
    'HTTP/2.0 200 OK',
    'http/1.1 200 OK',
    'HTTP/1.1  200 OK',
    'ICY 200 OK',
    ' HTTP/1.1 200 OK',
  );
  malformed.push('HTTP/1.1 200 a\0', 'HTTP/1.1 200\tOK', 'HTTP/1.1 2x0 OK', 'HTTP/1.1 +20 OK');
  for (const line of malformed) {
    it(`cannot begin with ${JSON.stringify(line)}`, () => {
      const { decoder, length } = decode(`${line}\r\n\r\n`);
      assert.deepEqual([length, decoder.failure], [FAILED, 'upstream_protocol_error']);
    });
  }

  it('has no bare LF and no endless status line', () => {
    assert.equal(decode('HTTP/1.1 200 OK\n\n').length, FAILED);
    assert.equal(decode('HTTP/1.1 200 OK\rX').length, FAILED);
    assert.equal(decode('HTTP/1.1 200 OK').length, NEED_MORE);
    assert.equal(decode(`HTTP/1.1 200 ${'a'.repeat(1_100)}`).length, FAILED);
  });

  it('knows where its body ends, by the method it answers', () => {
    const text = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n';
    assert.deepEqual([taken(text).framing, taken(text).bodyBytes], [BODY_LENGTH, 5]);
    assert.equal(taken(text, 'HEAD').framing, BODY_NONE);
    assert.equal(taken('HTTP/1.1 200 OK\r\n\r\n').framing, BODY_UNTIL_CLOSE);
    assert.equal(decode(`${text.slice(0, -2)}Transfer-Encoding: chunked\r\n\r\n`).length, FAILED);
  });

  it('of an interim response has no framing, that of 204 no coding (RFC 9112 §6.1, §6.3)', () => {
    const length = (status: string, field: string): number =>
      decode(`HTTP/1.1 ${status} X\r\n${field}\r\n\r\n`).length;
    for (const status of ['100', '101', '103', '199', '204']) {
      assert.equal(length(status, 'Transfer-Encoding: chunked'), FAILED, status);
      assert.ok(length(status, 'Content-Length: 0') > 0, status);
      assert.equal(taken(`HTTP/1.1 ${status} X\r\n\r\n`).framing, BODY_NONE);
    }
    for (const status of ['100', '101', '103']) {
      assert.equal(length(status, 'Content-Length: 5'), FAILED, status);
    }
    const unmodified = taken('HTTP/1.1 304 X\r\nTransfer-Encoding: chunked\r\n\r\n');
    assert.deepEqual([unmodified.framing, unmodified.keepAlive], [BODY_NONE, true]);
  });

  it('of 204 with a length has no body and ends the connection', () => {
    const head = taken('HTTP/1.1 204 X\r\nContent-Length: 4\r\n\r\n');
    assert.deepEqual([head.framing, head.keepAlive], [BODY_NONE, false]);
    const unmodified = taken('HTTP/1.1 304 X\r\nContent-Length: 4\r\n\r\n');
    assert.deepEqual([unmodified.framing, unmodified.keepAlive], [BODY_NONE, true]);
  });

  it('is no longer than allowed', () => {
    const decoder = new ResponseDecoder();
    decoder.maxHeadBytes = 40;
    const read = (value: string): number => {
      const text = Buffer.from(`HTTP/1.1 200 OK\r\nA: ${value}\r\n\r\n`);
      decoder.reset();
      return decoder.decodeHead(text, 0, text.length, new ResponseHead(), 'GET');
    };
    assert.equal(read('x'.repeat(16)), 40);
    assert.equal(read('x'.repeat(17)), FAILED);
  });

  it('says whether the connection goes on', () => {
    const keeps = (version: string, connection: string): boolean =>
      taken(`HTTP/${version} 204 No Content\r\n${connection}\r\n`).keepAlive;
    assert.equal(keeps('1.1', ''), true);
    assert.equal(keeps('1.1', 'Connection: close\r\n'), false);
    assert.equal(keeps('1.0', ''), false);
    assert.equal(keeps('1.0', 'Connection: Keep-Alive\r\n'), true);
  });

  it('keeps names with an underscore', () => {
    assert.equal(taken('HTTP/1.1 200 OK\r\nx_y: 1\r\n\r\n').fields.marksAt(0), 0);
  });

  it('brings nothing into the next one', () => {
    const decoder = new ResponseDecoder();
    const head = new ResponseHead();
    const texts = ['HTTP/1.0 103 Hints\r\nLink: a\r\n\r\n', 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n'];
    for (const text of texts) {
      decoder.reset();
      head.reset();
      assert.equal(decoder.decodeHead(Buffer.from(text), 0, text.length, head, 'GET'), text.length);
    }
    assert.deepEqual([head.status, head.minorVersion, head.fields.count], [200, 1, 1]);
    assert.equal(head.fields.lookUp('link'), undefined);
  });
});
