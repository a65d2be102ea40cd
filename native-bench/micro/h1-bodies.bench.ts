/** Bodies on their way through: what framing costs, per body. */
import { BodyDecoder } from '#src/codecs/h1/body-decoder.ts';
import { BODY_CHUNKED, BODY_LENGTH } from '#src/http/message.ts';
import type { Bench } from './measure.ts';

function decode(text: string, framing: number, bodyBytes: number): Bench['run'] {
  const decoder = new BodyDecoder();
  const bytes = Buffer.from(text);
  let total = 0;
  const sink = {
    onBody: (_bytes: Buffer, start: number, end: number): void => {
      total += end - start;
    },
  };
  return (operations) => {
    for (let i = 0; i < operations; i += 1) {
      decoder.start(framing, bodyBytes);
      decoder.decode(bytes, 0, bytes.length, sink);
      if (!decoder.isDone) throw new Error('body not done');
    }
    return total;
  };
}

const chunks = (bytes: number, count: number): string =>
  `${`${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`.repeat(count)}0\r\n\r\n`;

export const benches: readonly Bench[] = [
  { name: 'length, 1 kB', run: decode('x'.repeat(1024), BODY_LENGTH, 1024) },
  { name: 'one chunk of 1 kB', run: decode(chunks(1024, 1), BODY_CHUNKED, 0) },
  { name: '16 chunks of 4 kB', run: decode(chunks(4096, 16), BODY_CHUNKED, 0) },
  { name: '100 chunks of 1 byte', run: decode(chunks(1, 100), BODY_CHUNKED, 0) },
];
