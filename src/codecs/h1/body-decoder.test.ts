import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FAILED } from '#src/codecs/codec.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_UNTIL_CLOSE } from '#src/http/message.ts';
import { BodyDecoder } from './body-decoder.ts';
import { MAX_EXTENSION_BYTES, MAX_EXTENSIONS_BYTES, MAX_TRAILER_BYTES } from './limits.ts';

function decode(framing: number, bodyBytes: number, text: string) {
  const decoder = new BodyDecoder();
  decoder.start(framing, bodyBytes);
  let body = '';
  const bytes = Buffer.from(text, 'latin1');
  const used = decoder.decode(bytes, 0, bytes.length, {
    onBody: (given, start, end) => {
      body += given.toString('latin1', start, end);
    },
  });
  return { decoder, body, used };
}

const chunked = (text: string) => decode(BODY_CHUNKED, 0, text);

describe('a body', () => {
  it('that is not there is done at once', () => {
    for (const framing of [BODY_NONE, BODY_LENGTH, BODY_CHUNKED]) {
      const decoder = new BodyDecoder();
      decoder.start(framing, 0);
      assert.equal(decoder.isDone, framing !== BODY_CHUNKED);
    }
  });

  it('by length takes its bytes and no more', () => {
    const { body, decoder, used } = decode(BODY_LENGTH, 5, 'helloGET');
    assert.deepEqual([body, used, decoder.isDone], ['hello', 5, true]);
    const half = decode(BODY_LENGTH, 5, 'hel');
    assert.deepEqual([half.used, half.decoder.remaining, half.decoder.isDone], [3, 2, false]);
  });

  it('until close takes everything and is never done', () => {
    const { body, decoder, used } = decode(BODY_UNTIL_CLOSE, 0, 'hello');
    assert.deepEqual([body, used, decoder.isDone], ['hello', 5, false]);
  });

  it('in chunks is what is in the chunks', () => {
    const text = '5\r\nhello\r\nA\r\n, world!!!\r\n0\r\n\r\n';
    const { body, decoder, used } = chunked(`${text}GET`);
    assert.deepEqual([body, used, decoder.isDone], ['hello, world!!!', text.length, true]);
  });

  it('in chunks loses extensions, and trailers that must not go on', () => {
    const { body, decoder } = chunked(
      '2;a=b;c="d"\r\nhi\r\n000;x\r\nA:b\r\nContent-Length: 9\r\nC:  d \r\n\r\nX: y\r\n',
    );
    assert.deepEqual([body, decoder.isDone], ['hi', true]);
    assert.equal(decoder.trailers, 'A: b\r\nC: d\r\n');
    decoder.start(BODY_CHUNKED, 0);
    assert.equal(decoder.trailers, '');
    assert.equal(chunked('1\r\na\r\n0\r\n\r\n').decoder.trailers, '');
  });

  it('has the same trailers in whatever pieces they come', () => {
    const text = Buffer.from('1\r\na\r\n0\r\nA: b\r\nx_y: z\r\nLong: e f\r\n\r\n');
    const sink = { onBody: () => undefined };
    for (const keepsUnderscores of [true, false]) {
      const expected = `A: b\r\n${keepsUnderscores ? 'x_y: z\r\n' : ''}Long: e f\r\n`;
      for (let cut = 0; cut <= text.length; cut++) {
        for (const next of [cut + 1, cut + 3, text.length]) {
          const decoder = new BodyDecoder();
          decoder.keepsUnderscores = keepsUnderscores;
          decoder.start(BODY_CHUNKED, 0);
          const end = Math.min(next, text.length);
          decoder.decode(text, 0, cut, sink);
          assert.equal(decoder.trailers === '', cut < text.length);
          decoder.decode(text, cut, end, sink);
          decoder.decode(text, end, text.length, sink);
          assert.deepEqual([decoder.isDone, decoder.trailers], [true, expected], `cut at ${cut}`);
        }
      }
    }
  });

  it('that is refused has no trailers', () => {
    for (const end of ['A: \0\r\n\r\n', '\rX', 'B\n']) {
      const { decoder } = chunked(`0\r\nA: b\r\n${end}`);
      assert.deepEqual([decoder.trailers, decoder.failure === undefined], ['', false]);
    }
  });

  it('may use 13 digits for a chunk size, which a double holds exactly', () => {
    const { decoder } = chunked('fffffffffffff\r\n');
    assert.equal(decoder.remaining, 2 ** 52 - 1);
    assert.equal(chunked('00000000000001\r\n').decoder.failure, 'chunk_malformed');
  });

  it('forgets a failure when the next one starts', () => {
    const { decoder } = chunked('x');
    decoder.start(BODY_CHUNKED, 0);
    assert.equal(decoder.failure, undefined);
    const text = Buffer.from('0\r\n\r\n');
    assert.equal(decoder.decode(text, 0, 5, { onBody: () => undefined }), 5);
  });
});

describe('a chunked body is refused', () => {
  const cases: [failure: string, why: string, text: string][] = [
    ['chunk_malformed', 'no size', '\r\n'],
    ['chunk_malformed', 'a signed size', '+5\r\n'],
    ['chunk_malformed', 'a size with 0x', '0x5\r\n'],
    ['chunk_malformed', 'a space in front of the size', ' 5\r\n'],
    ['chunk_malformed', 'a space behind the size', '5 \r\n'],
    ['chunk_malformed', 'a bare LF behind the size', '5\nhello'],
    ['chunk_malformed', 'a bare CR behind the size', '5\rhello'],
    ['chunk_malformed', 'a bare LF in an extension (TERM.EXT)', '5;a\nhello'],
    ['chunk_malformed', 'a NUL in an extension', '5;\0\r\n'],
    ['chunk_malformed', 'data longer than its size', '1\r\nab\r\n'],
    ['chunk_malformed', 'a bare LF behind the data', '1\r\na\n0\r\n\r\n'],
    ['chunk_malformed', 'a negative size', '-1\r\n'],
    ['line_end_malformed', 'a bare CR at the end', '0\r\n\rX'],
    ['line_end_malformed', 'a bare CR behind a trailer', '0\r\nA: b\rX'],
    ['field_name_malformed', 'a folded trailer', '0\r\nA: b\r\n c\r\n\r\n'],
    ['field_name_malformed', 'a bare LF at the end', '0\r\n\n'],
    ['field_name_malformed', 'a nameless trailer', '0\r\n: b\r\n\r\n'],
    ['field_name_malformed', 'a space before the colon of a trailer', '0\r\nA : b\r\n\r\n'],
    ['field_value_malformed', 'a bare LF behind a trailer', '0\r\nA: b\n\r\n'],
    ['field_value_malformed', 'a NUL in a trailer', '0\r\nA: \0\r\n\r\n'],
  ];
  for (const [failure, why, text] of cases) {
    it(`for ${why}: ${failure}`, () => {
      const { decoder, used } = chunked(text);
      assert.deepEqual([used, decoder.failure], [FAILED, failure]);
    });
  }

  it('for extensions without end, one or many', () => {
    const one = (bytes: number) => chunked(`1;${'e'.repeat(bytes)}\r\n`).decoder.failure;
    assert.equal(one(MAX_EXTENSION_BYTES), undefined);
    assert.equal(one(MAX_EXTENSION_BYTES + 1), 'chunk_extension_too_long');
    const many = (count: number) => chunked(`1;${'e'.repeat(1_024)}\r\na\r\n`.repeat(count));
    const fits = MAX_EXTENSIONS_BYTES / 1_024;
    assert.equal(many(fits).decoder.failure, undefined);
    assert.equal(many(fits + 1).decoder.failure, 'chunk_extension_too_long');
  });

  it('for trailers without end', () => {
    const line = `A: ${'b'.repeat(95)}\r\n`;
    const lines = Math.floor((MAX_TRAILER_BYTES - 2) / line.length);
    assert.equal(chunked(`0\r\n${line.repeat(lines)}\r\n`).decoder.isDone, true);
    assert.equal(
      chunked(`0\r\n${line.repeat(lines + 1)}\r\n`).decoder.failure,
      'trailer_too_large',
    );
  });

  it('for good: more bytes do not change it', () => {
    const { decoder } = chunked('5\n');
    const more = Buffer.from('0\r\n\r\n');
    const sink = { onBody: () => assert.fail('a failed body has no bytes') };
    assert.equal(decoder.decode(more, 0, more.length, sink), FAILED);
    assert.equal(decoder.failure, 'chunk_malformed');
  });
});
