import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseDecimal } from './numbers.ts';

const read = (text: string): number => {
  const bytes = Buffer.from(text);
  return parseDecimal(bytes, 0, bytes.length);
};

describe('a decimal number', () => {
  it('is read from any part of a text', () => {
    assert.equal(parseDecimal(Buffer.from('Content-Length: 42\r\n'), 16, 18), 42);
  });

  it('has at most 15 digits, which a double holds exactly', () => {
    assert.equal(read('999999999999999'), 999_999_999_999_999);
    assert.equal(read('000000000000007'), 7);
    assert.equal(read('1000000000000000'), -1);
    assert.equal(read('0000000000000007'), -1);
  });

  for (const text of ['', ' 1', '1 ', '+1', '-1', '1.0', '1e3', '0x1', '1,1', '١', '1\0']) {
    it(`is not ${JSON.stringify(text)}`, () => assert.equal(read(text), -1));
  }

  it('is what Number says, for every text of digits', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{1,15}$/), (text) =>
        assert.equal(read(text), Number(text)),
      ),
    );
  });
});
