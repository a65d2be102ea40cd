import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatSize, formatTime, parseSize, parseTime } from './units.ts';

const TIMES: readonly (readonly [text: string, ms: number | undefined])[] = [
  ['0', 0],
  ['60', 60_000],
  ['500ms', 500],
  ['30s', 30_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['1h 30m', 5_400_000],
  ['1h30m', 5_400_000],
  ['1d 2h 3m 4s 5ms', 93_784_005],
  ['2w', 1_209_600_000],
  ['1M', 2_592_000_000],
  ['1y', 31_536_000_000],
  ['1h 30', 3_630_000],
  ['', undefined],
  ['s', undefined],
  ['5x', undefined],
  ['-5', undefined],
  ['1.5s', undefined],
  ['30m 1h', undefined],
  ['1s 2s', undefined],
  ['5 ', undefined],
  ['99999999999999999s', undefined],
];

for (const [text, ms] of TIMES) {
  test(`time "${text}" is ${ms === undefined ? 'refused' : `${ms} ms`}`, () => {
    assert.equal(parseTime(text), ms);
  });
}

const SIZES: readonly (readonly [text: string, bytes: number | undefined])[] = [
  ['0', 0],
  ['512', 512],
  ['8k', 8_192],
  ['8K', 8_192],
  ['1m', 1_048_576],
  ['2g', 2_147_483_648],
  ['', undefined],
  ['k', undefined],
  ['8kb', undefined],
  ['-1', undefined],
  ['1.5m', undefined],
  ['99999999999999g', undefined],
];

for (const [text, bytes] of SIZES) {
  test(`size "${text}" is ${bytes === undefined ? 'refused' : `${bytes} bytes`}`, () => {
    assert.equal(parseSize(text), bytes);
  });
}

test('what is formatted reads back the same', () => {
  fc.assert(
    fc.property(fc.nat(), (value) => {
      assert.equal(parseTime(formatTime(value)), value);
      assert.equal(parseSize(formatSize(value)), value);
    }),
  );
});
