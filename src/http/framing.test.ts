import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fieldIdOf } from './field-names.ts';
import { frameRequest, frameResponse } from './framing.ts';
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  BODY_NONE,
  BODY_UNTIL_CLOSE,
  RequestHead,
  ResponseHead,
} from './message.ts';

type Fields = [name: string, value: string][];

const length = (value: string): [string, string] => ['Content-Length', value];
const coding = (value: string): [string, string] => ['Transfer-Encoding', value];

function request(fields: Fields, minorVersion = 1) {
  const head = new RequestHead();
  head.minorVersion = minorVersion;
  for (const [name, value] of fields) head.fields.append(fieldIdOf(name), name, value);
  return { failure: frameRequest(head), framing: head.framing, bodyBytes: head.bodyBytes };
}

function response(status: number, fields: Fields, method = 'GET', minorVersion = 1) {
  const head = new ResponseHead();
  head.status = status;
  head.minorVersion = minorVersion;
  for (const [name, value] of fields) head.fields.append(fieldIdOf(name), name, value);
  const isFine = frameResponse(head, method);
  return { isFine, framing: head.framing, bodyBytes: head.bodyBytes };
}

describe('a request', () => {
  it('has no body without Content-Length and Transfer-Encoding', () => {
    assert.deepEqual(request([]), { failure: undefined, framing: BODY_NONE, bodyBytes: 0 });
    assert.equal(request([length('0')]).framing, BODY_NONE);
  });

  it('has as many bytes as Content-Length says', () => {
    const expected = { failure: undefined, framing: BODY_LENGTH, bodyBytes: 42 };
    assert.deepEqual(request([length('42')]), expected);
    assert.deepEqual(request([length('042')], 0), expected);
  });

  it('is chunked by exactly one chunked, in any case', () => {
    for (const value of ['chunked', 'Chunked', 'CHUNKED']) {
      assert.equal(request([coding(value)]).framing, BODY_CHUNKED);
    }
  });

  const refused: [fields: Fields, failure: string, minorVersion?: number][] = [
    [[length('5'), coding('chunked')], 'framing_ambiguous'],
    [[coding('chunked'), length('5')], 'framing_ambiguous'],
    [[coding('identity'), length('5')], 'framing_ambiguous'],
    [[length('5'), length('5')], 'content_length_repeated'],
    [[length('5'), length('6')], 'content_length_repeated'],
    [[length('5, 5')], 'content_length_malformed'],
    [[length('+5')], 'content_length_malformed'],
    [[length('-5')], 'content_length_malformed'],
    [[length('0x5')], 'content_length_malformed'],
    [[length('5 5')], 'content_length_malformed'],
    [[length('')], 'content_length_malformed'],
    [[length('9999999999999999')], 'content_length_malformed'],
    [[coding('chunked'), coding('chunked')], 'transfer_encoding_malformed'],
    [[coding('chunked, chunked')], 'transfer_encoding_malformed'],
    [[coding('gzip, chunked')], 'transfer_encoding_malformed'],
    [[coding('chunked, gzip')], 'transfer_encoding_malformed'],
    [[coding('xchunked')], 'transfer_encoding_malformed'],
    [[coding('chunked;q=1')], 'transfer_encoding_malformed'],
    [[coding('"chunked"')], 'transfer_encoding_malformed'],
    [[coding('')], 'transfer_encoding_malformed'],
    [[coding('gzip')], 'transfer_encoding_unknown'],
    [[coding('identity')], 'transfer_encoding_unknown'],
    [[coding('chunked')], 'transfer_encoding_http10', 0],
  ];
  for (const [fields, failure, minorVersion = 1] of refused) {
    const shown = fields.map((field) => field.join(': ')).join(' and ');
    it(`with ${shown} over 1.${minorVersion} is refused: ${failure}`, () => {
      assert.equal(request(fields, minorVersion).failure, failure);
    });
  }
});

describe('a response', () => {
  it('lasts until the connection ends without a length', () => {
    assert.equal(response(200, []).framing, BODY_UNTIL_CLOSE);
    assert.equal(response(200, [], 'POST', 0).framing, BODY_UNTIL_CLOSE);
  });

  it('is as long as it says', () => {
    const expected = { isFine: true, framing: BODY_LENGTH, bodyBytes: 5 };
    assert.deepEqual(response(200, [length('5')]), expected);
    assert.equal(response(200, [length('0')]).framing, BODY_NONE);
    assert.equal(response(200, [coding('Chunked')]).framing, BODY_CHUNKED);
  });

  it('has no body to HEAD and with 1xx, 204 and 304', () => {
    const bodyless = (status: number, fields: Fields, method = 'GET'): boolean => {
      const { framing, isFine } = response(status, fields, method);
      return isFine && framing === BODY_NONE;
    };
    for (const fields of [[], [length('5')], [coding('chunked')]] as Fields[]) {
      assert.ok(bodyless(200, fields, 'HEAD'));
      assert.ok(bodyless(304, fields));
    }
    for (const status of [100, 101, 103, 204]) assert.ok(bodyless(status, []));
    assert.ok(bodyless(204, [length('5')]));
  });

  it('that has no body cannot say that it has one in chunks, nor an interim one how long it is', () => {
    for (const status of [100, 101, 103, 204]) {
      assert.equal(response(status, [coding('chunked')]).isFine, false);
    }
    for (const status of [100, 101, 103]) {
      assert.equal(response(status, [length('5')]).isFine, false);
      assert.equal(response(status, [length('0')]).isFine, true);
    }
  });

  const refused: [fields: Fields, minorVersion?: number][] = [
    [[length('5'), coding('chunked')]],
    [[length('5'), length('5')]],
    [[length('x')]],
    [[coding('gzip')]],
    [[coding('gzip, chunked')]],
    [[coding('chunked'), coding('chunked')]],
    [[coding('chunked')], 0],
  ];
  for (const [fields, minorVersion = 1] of refused) {
    const shown = fields.map((field) => field.join(': ')).join(' and ');
    it(`with ${shown} over 1.${minorVersion} cannot be understood, even without a body`, () => {
      assert.equal(response(200, fields, 'GET', minorVersion).isFine, false);
      assert.equal(response(200, fields, 'HEAD', minorVersion).isFine, false);
      assert.equal(response(304, fields, 'GET', minorVersion).isFine, false);
    });
  }
});
