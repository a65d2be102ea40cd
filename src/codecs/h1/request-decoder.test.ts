import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FAILED, NEED_MORE } from '#src/codecs/codec.ts';
import { MARK_DROP, MARK_UNUSUAL, MAX_FIELDS } from '#src/http/header-map.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, RequestHead } from '#src/http/message.ts';
import { normalisePath } from '#src/http/target.ts';
import { MAX_HEAD_BYTES, MAX_REQUEST_LINE_BYTES } from './limits.ts';
import { RequestDecoder } from './request-decoder.ts';
import { S_FAILED, S_HEAD_DONE } from './states.ts';

const LINE = 'GET / HTTP/1.1';
const HOST = 'Host: a.test';

/** Lines as written, each ended by CRLF, and the empty line. */
function headOf(lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function decode(text: string) {
  const decoder = new RequestDecoder();
  const head = new RequestHead();
  const bytes = Buffer.from(`behind it: ${text}`, 'latin1');
  const length = decoder.decodeHead(bytes, 11, bytes.length, head);
  return { decoder, head, length };
}

/** A head that is taken whole. */
function taken(...lines: string[]): RequestHead {
  const text = headOf(lines);
  const { decoder, head, length } = decode(text);
  assert.equal(decoder.failure, undefined);
  assert.equal(length, text.length);
  assert.equal(decoder.state, S_HEAD_DONE);
  return head;
}

function fieldsOf({ fields }: RequestHead): string[] {
  return Array.from(
    { length: fields.count },
    (_, at) => `${fields.nameAt(at)}=${fields.valueAt(at)}`,
  );
}

describe('a request head', () => {
  it('is method, target, version and fields', () => {
    const head = taken('PUT /a?b HTTP/1.1', 'Host: A.test:80', 'X-One: 1', 'x-two:  a b \t');
    assert.deepEqual([head.method, head.target, head.protocol], ['PUT', '/a?b', 'HTTP/1.1']);
    assert.deepEqual([head.path, head.queryAt, head.host], ['/a', 2, 'a.test']);
    assert.deepEqual(fieldsOf(head), ['Host=A.test:80', 'X-One=1', 'x-two=a b']);
    assert.deepEqual(
      [head.framing, head.keepAlive, head.expectsContinue],
      [BODY_NONE, true, false],
    );
  });

  it('may have any method that is a token', () => {
    for (const method of ['GET', 'GETS', 'M-SEARCH', 'get', "!#$%&'*+-.^_`|~9"]) {
      assert.equal(taken(`${method} / HTTP/1.1`, HOST).method, method);
    }
  });

  it('ends at its empty line; what follows is left alone', () => {
    const text = headOf([LINE, HOST]);
    const { head, length } = decode(`${text}GET /next`);
    assert.equal(length, text.length);
    assert.equal(head.fields.text, text);
    assert.equal(head.headBytes, text.length);
  });

  it('may have two empty lines in front, not three', () => {
    const text = headOf([LINE, HOST]);
    assert.equal(decode(`\r\n\r\n${text}`).head.method, 'GET');
    assert.equal(decode(`\r\n\r\n\r\n${text}`).decoder.failure, 'request_line_malformed');
  });

  it('waits for the rest, and goes on where it was', () => {
    const text = headOf(['GET /a HTTP/1.1', HOST]);
    const decoder = new RequestDecoder();
    const head = new RequestHead();
    for (let end = 0; end < text.length; end++) {
      assert.equal(decoder.decodeHead(Buffer.from(text.slice(0, end)), 0, end, head), NEED_MORE);
    }
    const moved = Buffer.from(`.....${text}`);
    assert.equal(decoder.decodeHead(moved, 5, moved.length, head), text.length);
    assert.deepEqual([head.target, head.host], ['/a', 'a.test']);
  });

  it('brings nothing into the next one', () => {
    const decoder = new RequestDecoder();
    const head = new RequestHead();
    const first = Buffer.from(headOf(['POST /a HTTP/1.0', HOST, 'Content-Length: 3', 'X-A: 1']));
    const second = Buffer.from(headOf([LINE, HOST]));
    assert.ok(decoder.decodeHead(first, 0, first.length, head) > 0);
    decoder.reset();
    head.reset();
    assert.ok(decoder.decodeHead(second, 0, second.length, head) > 0);
    assert.deepEqual([head.minorVersion, head.framing, head.bodyBytes], [1, BODY_NONE, 0]);
    assert.deepEqual(fieldsOf(head), ['Host=a.test']);
  });

  it('knows where its body ends', () => {
    const { bodyBytes, framing } = taken('POST / HTTP/1.1', HOST, 'Content-Length: 12');
    assert.deepEqual([framing, bodyBytes], [BODY_LENGTH, 12]);
    assert.equal(
      taken('POST / HTTP/1.1', HOST, 'Transfer-Encoding: chunked').framing,
      BODY_CHUNKED,
    );
  });

  it('says whether the connection goes on', () => {
    assert.equal(taken(LINE, HOST).keepAlive, true);
    assert.equal(taken(LINE, HOST, 'Connection: Close').keepAlive, false);
    assert.equal(taken('GET / HTTP/1.0').keepAlive, false);
    assert.equal(taken('GET / HTTP/1.0', 'Connection: keep-alive').keepAlive, true);
    assert.equal(taken('GET / HTTP/1.0', 'Connection: keep-alive, close').keepAlive, false);
  });

  it('may ask for 100, over 1.1 only', () => {
    assert.equal(taken(LINE, HOST, 'Expect: 100-Continue').expectsContinue, true);
    assert.equal(taken('GET / HTTP/1.0', 'Expect: 100-continue').expectsContinue, false);
    assert.equal(decode(headOf([LINE, HOST, 'Expect: x'])).decoder.failure, 'expectation_unknown');
  });

  it('marks names that nobody would define; responses keep them', () => {
    for (const char of "!#$%&'*+.^`|~") {
      const { fields } = taken(LINE, HOST, `Content${char}Length: 5`, `X${char}:5`, 'X-9: y');
      const marks = [1, 2, 3].map((index) => fields.marksAt(index));
      assert.deepEqual(marks, [MARK_DROP, MARK_DROP | MARK_UNUSUAL, 0]);
    }
  });

  it('marks lines that are written anew, and names with an underscore', () => {
    const head = taken(LINE, HOST, 'A:1', 'B:  2', 'C: 3 ', 'D:\t4', 'E: ', 'F:', 'X_Y: 5');
    const marks = Array.from({ length: head.fields.count }, (_, at) => head.fields.marksAt(at));
    assert.deepEqual(marks, [0, ...Array(4).fill(MARK_UNUSUAL), 0, MARK_UNUSUAL, MARK_DROP]);
    const decoder = new RequestDecoder();
    decoder.keepsUnderscores = true;
    const keeping = new RequestHead();
    const bytes = Buffer.from(headOf([LINE, HOST, 'X_Y: 5']));
    decoder.decodeHead(bytes, 0, bytes.length, keeping);
    assert.equal(keeping.fields.marksAt(1), 0);
  });
});

describe('a request is refused', () => {
  const cases: [failure: string, why: string, head: string][] = [
    ['request_line_malformed', 'a bare LF in front', `\n${headOf([LINE, HOST])}`],
    ['request_line_malformed', 'an empty method', headOf([' / HTTP/1.1', HOST])],
    ['request_line_malformed', 'a method with a comma', headOf(['GE,T / HTTP/1.1', HOST])],
    ['request_line_malformed', 'a method that never ends', 'A'.repeat(33)],
    ['request_target_malformed', 'no target', headOf(['GET HTTP/1.1', HOST])],
    ['request_target_malformed', 'two spaces', headOf(['GET  / HTTP/1.1', HOST])],
    ['request_target_malformed', 'HTTP/0.9', 'GET /\r\n'],
    ['request_target_malformed', 'a fragment', headOf(['GET /#a HTTP/1.1', HOST])],
    ['request_target_malformed', 'a NUL in the target', headOf(['GET /\0 HTTP/1.1', HOST])],
    ['request_target_malformed', 'a DEL in the target', headOf(['GET /\x7f HTTP/1.1', HOST])],
    ['request_version_malformed', 'a lower case version', headOf(['GET / http/1.1', HOST])],
    ['request_version_malformed', 'a space behind the version', headOf([`${LINE} `, HOST])],
    ['request_version_malformed', 'HTTP/1.10', headOf(['GET / HTTP/1.10', HOST])],
    ['request_version_malformed', 'a bare LF behind the version', `${LINE}\n${HOST}\n\n`],
    ['request_version_unsupported', 'HTTP/2.0', headOf(['GET / HTTP/2.0', HOST])],
    ['request_version_unsupported', 'HTTP/1.2', headOf(['GET / HTTP/1.2', HOST])],
    ['line_end_malformed', 'a bare CR behind the version', `${LINE}\r${HOST}\r\n\r\n`],
    ['line_end_malformed', 'a bare LF behind a field', `${LINE}\r\n${HOST}\n\r\n`],
    ['line_end_malformed', 'a bare CR inside a value', headOf([LINE, 'A: b\rc', HOST])],
    ['line_end_malformed', 'a bare LF for the empty line', `${LINE}\r\n${HOST}\r\n\n`],
    ['line_end_malformed', 'a bare CR for the empty line', `${LINE}\r\n${HOST}\r\n\rX`],
    ['field_folded', 'a folded line', headOf([LINE, HOST, ' folded'])],
    ['field_folded', 'a line folded by a tab', headOf([LINE, HOST, '\tfolded'])],
    ['field_name_malformed', 'a space before the colon', headOf([LINE, 'Host : a.test'])],
    ['field_name_malformed', 'a tab before the colon', headOf([LINE, 'Host\t: a.test'])],
    ['field_name_malformed', 'an empty name', headOf([LINE, HOST, ': x'])],
    ['field_name_malformed', 'no colon', headOf([LINE, HOST, 'nothing'])],
    ['field_name_malformed', 'a NUL in a name', headOf([LINE, HOST, 'A\0: x'])],
    ['field_name_malformed', 'a name above ASCII', headOf([LINE, HOST, 'é: x'])],
    ['field_value_malformed', 'a NUL in a value', headOf([LINE, HOST, 'A: b\0'])],
    ['field_value_malformed', 'a control byte in a value', headOf([LINE, HOST, 'A: b\x0bc'])],
    ['host_missing', 'no Host', headOf([LINE])],
    [
      'framing_ambiguous',
      'two framings',
      headOf([LINE, HOST, 'Content-Length: 1', 'Transfer-Encoding: chunked']),
    ],
  ];
  for (const [failure, why, text] of cases) {
    it(`for ${why}: ${failure}`, () => {
      const { decoder, length } = decode(text);
      assert.equal(length, FAILED);
      assert.equal(decoder.failure, failure);
      assert.equal(decoder.state, S_FAILED);
    });
  }

  it('for good: more bytes do not change it', () => {
    const decoder = new RequestDecoder();
    const head = new RequestHead();
    const bytes = Buffer.from(headOf([LINE, ': x', HOST]));
    for (const end of [20, 25, bytes.length]) decoder.decodeHead(bytes, 0, end, head);
    assert.equal(decoder.decodeHead(bytes, 0, bytes.length, head), FAILED);
    assert.equal(decoder.failure, 'field_name_malformed');
  });
});

describe('the limits of a request', () => {
  const lineOf = (bytes: number): string => `GET /${'a'.repeat(bytes - 5)} HTTP/1.1`;

  it('are a line', () => {
    taken(lineOf(MAX_REQUEST_LINE_BYTES), HOST);
    const { decoder } = decode(headOf([lineOf(MAX_REQUEST_LINE_BYTES + 1), HOST]));
    assert.equal(decoder.failure, 'request_target_too_long');
  });

  it('are the bytes of a head', () => {
    const text = headOf([LINE, HOST, 'A: ']);
    const fill = (bytes: number): string[] => [LINE, HOST, `A: ${'a'.repeat(bytes - text.length)}`];
    taken(...fill(MAX_HEAD_BYTES));
    const { decoder } = decode(headOf(fill(MAX_HEAD_BYTES + 1)));
    assert.equal(decoder.failure, 'request_head_too_large');
  });

  it('are the fields of a head', () => {
    const fields = (count: number): string[] =>
      Array.from({ length: count }, (_, at) => `A${at}: b`);
    assert.equal(taken(LINE, HOST, ...fields(MAX_FIELDS - 1)).fields.count, MAX_FIELDS);
    const { decoder } = decode(headOf([LINE, HOST, ...fields(MAX_FIELDS)]));
    assert.equal(decoder.failure, 'request_field_count');
  });
});

describe('the path of a request', () => {
  /** Where the decoder says that target, path and query stand. */
  function place(target: string, method = 'GET') {
    const head = taken(`${method} ${target} HTTP/1.1`, HOST);
    const { originTarget, path, pathBytes, pathEnd, pathStart, queryAt } = head;
    assert.equal(
      pathBytes.toString('latin1', pathStart, pathEnd),
      path,
      'as bytes and as a string',
    );
    assert.equal(head.target, target);
    return { originTarget, path, queryAt, isSpan: pathBytes === head.fields.bytes };
  }

  const plain: Record<string, [path: string, queryAt: number]> = {
    '/': ['/', -1],
    '/a/b.c/d-e_f~': ['/a/b.c/d-e_f~', -1],
    '/a.': ['/a.', -1],
    '/a..b/c.../d': ['/a..b/c.../d', -1],
    '/?': ['/', 1],
    '/a?b': ['/a', 2],
    '/a?b?c': ['/a', 2],
    '/a?b=//c/./d/../e': ['/a', 2],
    '/a/?/../b': ['/a/', 3],
    '/"<>^`{|}': ['/"<>^`{|}', -1],
  };
  for (const [target, [path, queryAt]] of Object.entries(plain)) {
    it(`of ${target} is ${path}, a part of the head`, () => {
      const expected = { originTarget: target, path, queryAt, isSpan: true };
      assert.deepEqual(place(target), expected);
      assert.deepEqual(place(target, 'OPTIONS'), expected);
    });
  }

  const odd: Record<string, [path: string, queryAt: number]> = {
    '//': ['/', -1],
    '/a//b': ['/a/b', -1],
    '/./a': ['/a', -1],
    '/a/../b?c': ['/b', 7],
    '/a/.': ['/a/', -1],
    '/.a': ['/.a', -1],
    '/a/...': ['/a/...', -1],
    '//?a': ['/', 2],
    '/%61': ['/a', -1],
    '/a%3fb?c': ['/a?b', 6],
    '/a?b=%20': ['/a', 2],
    '/a\\b': ['/a\\b', -1],
    '/\xc3\xa9?a': ['/\xc3\xa9', 3],
  };
  for (const [target, [path, queryAt]] of Object.entries(odd)) {
    it(`of ${target} is ${path}`, () => {
      const expected = { originTarget: target, path, queryAt, isSpan: false };
      assert.deepEqual(place(target), expected);
    });
  }

  it('of an absolute target is that of its origin-form', () => {
    for (const [target, originTarget, path, queryAt] of [
      ['http://a.test/b//c?d', '/b//c?d', '/b/c', 5],
      ['http://a.test/b?d', '/b?d', '/b', 2],
      ['http://a.test', '/', '/', -1],
      ['http://a.test?b', '/?b', '/', 1],
    ] as const) {
      assert.deepEqual(place(target), { originTarget, path, queryAt, isSpan: false });
    }
    const star = { originTarget: '*', path: '*', queryAt: -1, isSpan: false };
    assert.deepEqual(place('*', 'OPTIONS'), star);
    assert.deepEqual(place('http://a.test', 'OPTIONS'), star);
  });

  it('that climbs out of the root is refused, however it is written', () => {
    for (const target of ['/..', '/../a', '/a/../..', '/%2e%2e', '/a/..\\b', '//..', '?/..', '*']) {
      const { decoder } = decode(headOf([`GET ${target} HTTP/1.1`, HOST]));
      assert.equal(decoder.failure, 'request_target_malformed', target);
    }
  });

  it('is what a reader of strings finds in any target, in whatever pieces it comes', () => {
    const piece = fc.constantFrom(
      ...['/', '.', '?', '%2e', '%2F', '\\', 'a', 'b', ';', '\xc0\xae', '\xe9'],
    );
    const targets = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);
    fc.assert(
      fc.property(targets, fc.nat(40), (target, cut) => {
        const bytes = Buffer.from(headOf([`GET ${target} HTTP/1.1`, HOST]), 'latin1');
        const [decoder, head] = [new RequestDecoder(), new RequestHead()];
        let used = decoder.decodeHead(bytes, 0, Math.min(cut, bytes.length - 1), head);
        if (used === NEED_MORE) used = decoder.decodeHead(bytes, 0, bytes.length, head);
        const mark = target.indexOf('?');
        const path = normalisePath(mark < 0 ? target : target.slice(0, mark));
        if (path === undefined) assert.equal(decoder.failure, 'request_target_malformed');
        else {
          assert.equal(used, bytes.length);
          const { pathBytes, pathEnd, pathStart } = head;
          assert.equal(pathBytes.toString('latin1', pathStart, pathEnd), path);
          assert.deepEqual([head.path, head.queryAt, head.originTarget], [path, mark, target]);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('of a request is not that of the one before, whatever way each has', () => {
    const [decoder, head] = [new RequestDecoder(), new RequestHead()];
    const targets = ['/long/path?q', '/a//b', 'http://a.test/x', '/s', '/%41?b', '/t?u'];
    for (const before of targets) {
      for (const target of targets) {
        for (const one of [before, target]) {
          const bytes = Buffer.from(headOf([`GET ${one} HTTP/1.1`, HOST]), 'latin1');
          decoder.reset();
          head.reset();
          assert.equal(decoder.decodeHead(bytes, 0, bytes.length, head), bytes.length);
        }
        const fresh = taken(`GET ${target} HTTP/1.1`, HOST);
        const spanOf = ({ pathBytes, pathEnd, pathStart }: RequestHead): string =>
          pathBytes.toString('latin1', pathStart, pathEnd);
        assert.deepEqual(
          [head.target, head.originTarget, head.path, head.queryAt, spanOf(head)],
          [fresh.target, fresh.originTarget, fresh.path, fresh.queryAt, spanOf(fresh)],
        );
        assert.deepEqual(
          [head.sameTargetStart, head.sameTargetEnd, head.targetBytes],
          [fresh.sameTargetStart, fresh.sameTargetEnd, fresh.targetBytes],
        );
      }
    }
  });
});
