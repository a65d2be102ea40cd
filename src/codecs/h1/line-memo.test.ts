import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewOf } from '#src/bytes/byte-copy.ts';
import { RequestHead } from '#src/http/message.ts';
import { LineMemo } from './line-memo.ts';
import { RequestDecoder } from './request-decoder.ts';

function match(memo: LineMemo, text: string, place = 0, end = text.length): number {
  // Something else stands around it: a view is seldom of one line.
  const bytes = Buffer.from(`##${text}##########`, 'latin1');
  return memo.match(viewOf(bytes), 2, 2 + end, place);
}

function remembering(text: string, place = 0): LineMemo {
  const memo = new LineMemo();
  const bytes = Buffer.from(`##${text}`, 'latin1');
  memo.offer(viewOf(bytes), 2, bytes.length, place, 7, text.indexOf(':'));
  return memo;
}

describe('a remembered line', () => {
  const lines = [
    'a: b\r\n',
    'ab: c\r\n',
    'Te: ab\r\n',
    'Accept: */*\r\n',
    `X: ${'y'.repeat(59)}\r\n`,
  ];
  for (const line of lines) {
    it(`matches no other bytes than its own (${line.length})`, () => {
      const memo = remembering(line);
      assert.equal(match(memo, line), line.length);
      assert.deepEqual([memo.id(0), memo.nameLength(0)], [7, line.indexOf(':')]);
      for (let at = 0; at < line.length; at++) {
        for (const bit of [1, 0x20, 0x80]) {
          const other = String.fromCharCode(line.charCodeAt(at) ^ bit);
          assert.equal(match(memo, line.slice(0, at) + other + line.slice(at + 1)), 0);
        }
        assert.equal(match(memo, line, 0, at), 0, 'not all of it has come');
      }
    });
  }

  it('is remembered for its place alone, and not when it is long', () => {
    const line = 'Accept: */*\r\n';
    assert.equal(match(remembering(line, 3), line, 3), line.length);
    assert.equal(match(remembering(line, 3), line, 2), 0);
    assert.equal(match(remembering(line, 16), line, 16), 0);
    const long = `X: ${'y'.repeat(60)}\r\n`;
    assert.equal(match(remembering(long), long), 0);
  });

  it('gives way to what comes instead at the eighth time', () => {
    const memo = remembering('Accept: */*\r\n');
    const other = Buffer.from('Accept: x/y\r\n');
    for (let times = 1; times <= 8; times++) {
      assert.equal(match(memo, 'Accept: x/y\r\n'), 0);
      memo.offer(viewOf(other), 0, other.length, 0, 7, 6);
    }
    assert.equal(match(memo, 'Accept: x/y\r\n'), other.length);
  });
});

describe('heads with lines that came before', () => {
  const HEAD = 'GET / HTTP/1.1\r\nHost: a\r\nX_Odd: 1\r\nAccept: text/plain; q=0.5\r\n\r\n';

  function decode(text: string, set: (decoder: RequestDecoder) => void = () => {}) {
    const decoder = new RequestDecoder();
    set(decoder);
    const head = new RequestHead();
    const bytes = Buffer.from(text, 'latin1');
    const length = decoder.decodeHead(bytes, 0, bytes.length, head);
    const { fields } = head;
    const names = Array.from({ length: fields.count }, (_, at) => {
      return `${fields.idAt(at)} ${fields.nameAt(at)}=${fields.valueAt(at)} ${fields.marksAt(at)}`;
    });
    return { length, failure: decoder.failure, names };
  }

  it('are read as if each were the first', () => {
    const first = decode(HEAD);
    for (let times = 0; times < 20; times++) assert.deepEqual(decode(HEAD), first);
    assert.equal(first.names.length, 3);
  });

  it('are held to the limits and rules of their own server', () => {
    for (let times = 0; times < 9; times++) decode(HEAD);
    const long = decode(HEAD, (decoder) => {
      decoder.maxFieldLineBytes = 12;
    });
    assert.equal(long.failure, 'request_head_too_large');
    const kept = decode(HEAD, (decoder) => {
      decoder.keepsUnderscores = true;
    });
    assert.match(kept.names[1] ?? '', /^0 X_Odd=1 0$/);
    assert.match(decode(HEAD).names[1] ?? '', /^0 X_Odd=1 2$/);
  });
});
