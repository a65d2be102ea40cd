/** Exchanges as they are when their log line is written: for benches of what reads them. */
import { RequestDecoder } from '#src/codecs/h1/request-decoder.ts';
import { ResponseDecoder } from '#src/codecs/h1/response-decoder.ts';
import type { Downstream } from '#src/exchange/downstream.ts';
import { Exchange, RESPONSE_ENDED } from '#src/exchange/exchange.ts';

const facts = {
  remoteAddress: '127.0.0.1',
  remotePort: 50_001,
  localAddress: '127.0.0.1',
  localPort: 8080,
  scheme: 'http' as const,
  connectionSerial: 9,
  exchangeCount: 3,
  lines: undefined,
};

/** So many, each with heads of its own, as `npm run bench` makes them with unique heads. */
export function endedExchanges(count: number): Exchange[] {
  const requests = new RequestDecoder();
  const responses = new ResponseDecoder();
  return Array.from({ length: count }, (_, variant) => {
    const exchange = new Exchange();
    const request = Buffer.from(
      `GET /u/${variant * 7919}/${variant} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: wrk\r\n` +
        `Accept: */*\r\nCookie: session=${variant * 104_729}\r\n\r\n`,
    );
    const response = Buffer.from('HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 64\r\n\r\n');
    requests.reset();
    responses.reset();
    const asked = requests.decodeHead(request, 0, request.length, exchange.request);
    const told = responses.decodeHead(response, 0, response.length, exchange.response, 'GET');
    if (asked <= 0 || told <= 0) throw new Error('a head was refused');
    // Variables read nothing of the client's side but the facts.
    exchange.downstream = { facts } as Partial<Downstream> as Downstream;
    exchange.responseState = RESPONSE_ENDED;
    exchange.bodyBytesSent = 64;
    exchange.bytesSent = 200;
    exchange.upstreamAddress = '127.0.0.1:8081';
    exchange.upstreamStatus = '200';
    exchange.upstreamConnectMs = 0;
    exchange.upstreamHeaderMs = variant % 20;
    exchange.upstreamResponseMs = variant % 20;
    return exchange;
  });
}
