import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  BYTE_CLASS,
  HEX_VALUE,
  IS_NAME_ODD,
  IS_PATH_ODD,
  IS_TARGET,
  IS_TOKEN,
  IS_UNDERSCORE,
  IS_VALUE,
  LOWER,
} from './ascii.ts';

/** All bytes of a class, as text. */
function bytesOf(bit: number): string {
  let text = '';
  for (let byte = 0; byte < 256; byte++) {
    if ((BYTE_CLASS[byte]! & bit) !== 0) text += String.fromCharCode(byte);
  }
  return text;
}

const HIGH = String.fromCharCode(...Array.from({ length: 128 }, (_, at) => at + 128));
const VISIBLE = String.fromCharCode(...Array.from({ length: 94 }, (_, at) => at + 33));

describe('byte classes', () => {
  it('have the token characters of RFC 9110 §5.6.2', () => {
    assert.equal(bytesOf(IS_TOKEN), VISIBLE.replace(/["(),/:;<=>?@[\\\]{}]/g, ''));
  });

  it('have what may stand in a field value: no control byte but the tab', () => {
    assert.equal(bytesOf(IS_VALUE), `\t ${VISIBLE}${HIGH}`);
  });

  it('have what may stand in a target: no control byte, no space, no "#"', () => {
    assert.equal(bytesOf(IS_TARGET), VISIBLE.replace('#', '') + HIGH);
  });

  it('mark the underscore, and what calls for a closer look at a path', () => {
    assert.equal(bytesOf(IS_UNDERSCORE), '_');
    assert.equal(bytesOf(IS_PATH_ODD), `%\\${HIGH.slice(0x40)}`);
    assert.equal(bytesOf(IS_NAME_ODD), "!#$%&'*+.^`|~");
  });
});

describe('tables', () => {
  it('know the value of every hexadecimal digit and of nothing else', () => {
    for (let byte = 0; byte < 256; byte++) {
      const char = String.fromCharCode(byte);
      const value = /[0-9a-f]/i.test(char) ? Number.parseInt(char, 16) : 255;
      assert.equal(HEX_VALUE[byte], value, char);
    }
  });

  it('lower ASCII letters and leave every other byte', () => {
    for (let byte = 0; byte < 256; byte++) {
      const char = String.fromCharCode(byte);
      assert.equal(LOWER[byte], /[A-Z]/.test(char) ? byte + 32 : byte);
    }
  });
});
