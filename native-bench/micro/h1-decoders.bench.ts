/** Heads of requests and responses: unique ones; some of their lines come again, as in life. */
import { RequestDecoder } from '#src/codecs/h1/request-decoder.ts';
import { ResponseDecoder } from '#src/codecs/h1/response-decoder.ts';
import { RequestHead, ResponseHead } from '#src/http/message.ts';
import type { Bench } from './measure.ts';

const VARIANTS = 256; // enough that no branch predictor learns them by heart

function requests(fields: (variant: number) => string): Buffer[] {
  return Array.from({ length: VARIANTS }, (_, variant) =>
    Buffer.from(`GET /u/${variant * 7919}/item?id=${variant} HTTP/1.1\r\n${fields(variant)}\r\n`),
  );
}

const WRK = requests(
  (variant) =>
    `Host: 127.0.0.1:8080\r\nUser-Agent: wrk\r\nCookie: session=${variant * 104_729}\r\n`,
);
const BROWSER = requests(
  (variant) =>
    `Host: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nReferer: https://www.example.com/${variant}\r\nConnection: keep-alive\r\nCookie: id=${variant}; theme=dark; consent=yes\r\nUpgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Site: same-origin\r\nPriority: u=0, i\r\n`,
);
const RESPONSES = Array.from({ length: VARIANTS }, (_, variant) =>
  Buffer.from(
    `HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sat, 21 Nov 2026 00:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: ${variant}\r\nConnection: keep-alive\r\nETag: "${variant * 7919}"\r\n\r\n`,
  ),
);

function decodeRequests(heads: readonly Buffer[]): Bench['run'] {
  const decoder = new RequestDecoder();
  const head = new RequestHead();
  return (count) => {
    let total = 0;
    for (let i = 0; i < count; i += 1) {
      const bytes = heads[i % VARIANTS] as Buffer;
      decoder.reset();
      head.reset();
      total += decoder.decodeHead(bytes, 0, bytes.length, head);
    }
    if (total <= 0) throw new Error(`refused: ${decoder.failure}`);
    return total;
  };
}

function decodeResponses(heads: readonly Buffer[]): Bench['run'] {
  const decoder = new ResponseDecoder();
  const head = new ResponseHead();
  return (count) => {
    let total = 0;
    for (let i = 0; i < count; i += 1) {
      const bytes = heads[i % VARIANTS] as Buffer;
      decoder.reset();
      head.reset();
      total += decoder.decodeHead(bytes, 0, bytes.length, head, 'GET');
    }
    if (total <= 0) throw new Error(`refused: ${decoder.failure}`);
    return total;
  };
}

export const benches: readonly Bench[] = [
  { name: 'request head of wrk, 100 bytes', run: decodeRequests(WRK) },
  { name: 'request head of a browser, 700 bytes', run: decodeRequests(BROWSER) },
  { name: 'response head of nginx, 170 bytes', run: decodeResponses(RESPONSES) },
];
