import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { CRC32_START, crc32Byte, crc32End, crc32Text } from './crc32.ts';

const anyBytes = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));

describe('crc32', () => {
  it('is that of zlib, in one step or several', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, fc.nat(255), (before, behind, byte) => {
        let state = crc32Text(CRC32_START, before.toString('latin1'));
        state = crc32Byte(state, byte);
        state = crc32Text(state, behind.toString('latin1'));
        const all = Buffer.concat([before, Buffer.from([byte]), behind]);
        assert.equal(crc32End(state) >>> 0, crc32(all));
      }),
    );
  });

  it('has the check value of the standard', () => {
    assert.equal(crc32End(crc32Text(CRC32_START, '123456789')) >>> 0, 0xcbf43926);
  });
});
