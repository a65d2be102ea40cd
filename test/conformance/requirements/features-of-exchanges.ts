import type { Requirement } from './requirement.ts';

/** Other rows of features.md that can be seen on the wire. */
export const FEATURES_OF_EXCHANGES: readonly Requirement[] = [
  {
    id: 'CE-05',
    says: 'The endpoint gets a request when its body is there, unless buffering is off.',
    cases: [
      'CE-05: an endpoint is not troubled before the body is there',
      'CE-05: without proxy_request_buffering it gets each part as it comes',
    ],
  },
  {
    id: 'CE-07',
    says: 'Each part of an answer goes on at once.',
    cases: [
      'CE-05: without proxy_request_buffering it gets each part as it comes',
      'CE-07, WS-06: each part of an answer goes on at once, with proxy_buffering on',
      'CE-07, WS-06: each part of an answer goes on at once, with proxy_buffering off',
      'CE-07, WS-06: each part of an answer goes on at once, with X-Accel-Buffering: no',
      'CE-07, WS-06: each part of an answer goes on at once, of text/event-stream',
    ],
  },
  {
    id: 'CE-09',
    says: 'Connections to endpoints are used again.',
    cases: ['CE-09: clients one after the other share a connection to the endpoint'],
  },
  {
    id: 'CE-10',
    says: 'A kept connection that had died costs nothing where the request may be repeated.',
    cases: [
      'CE-10: a kept connection that dies under a GET costs nobody anything',
      'CE-10: a kept connection that dies under a POST is 502, and nothing is sent twice',
    ],
  },
  {
    id: 'CE-11',
    says: 'Each time limit has its own status and reason.',
    cases: [
      'H1-09: a body that stops is 408, and the connection ends',
      'WS-07: each route has times of its own',
      'HR-18: an endpoint that resets is told as JSON to who wants it, without internals',
      'HR-18: an endpoint that sends no HTTP is told as JSON to who wants it, without internals',
      'HR-18: an endpoint that is silent is told as JSON to who wants it, without internals',
    ],
  },
  {
    id: 'CE-12',
    says: 'A client that goes ends its request at the endpoint, or not, as configured.',
    cases: [
      'CE-12: a client that goes takes its request with it',
      'CE-12: with proxy_ignore_client_abort the exchange goes on to its end',
    ],
  },
  {
    id: 'CE-13',
    says: 'What is refused is answered before its body is read, and the answer can be read.',
    cases: [
      'RFC 9112 §9.3: a body that nobody wants and that is long ends the connection',
      'CE-13: a refusal comes before the body, and can be read by who sends it all first',
      'CE-13: a refusal does not wait for a single byte of the body',
      'RFC 9110 §10.1.1: a final answer of ours comes at once, without 100',
    ],
  },
  {
    id: 'CE-23',
    says: 'Kept and pipelined requests are answered in order; a connection ends by count and age.',
    cases: [
      'RFC 9112 §9.3: a client of HTTP/1.1 with Connection "*',
      'RFC 9112 §9.3: a client of HTTP/1.0 with Connection "*',
      'RFC 9112 §9.6: behind our close nothing is served, however early it came',
      'RFC 9112 §9.3.2: pipelined requests are answered in their order',
      'H1-09: an idle connection is closed without a word',
    ],
  },
  {
    id: 'HR-18',
    says: 'Pages of errors, as JSON where asked for, with request id and without internals.',
    cases: [
      'HR-18: an endpoint that resets is told as JSON to who wants it, without internals',
      'HR-18: an endpoint that sends no HTTP is told as JSON to who wants it, without internals',
      'HR-18: an endpoint that is silent is told as JSON to who wants it, without internals',
    ],
  },
  {
    id: 'HR-19',
    says: 'Each failure of an endpoint has its own status.',
    cases: [
      'HR-19: an endpoint that closes: 502',
      'HR-19: an endpoint that resets: 502',
      'HR-19: an endpoint that sends no HTTP: 502',
      'HR-19: an endpoint that says nothing: 504',
      'HR-19: a client that does not finish its head: 408',
      'HR-18: an endpoint that resets is told as JSON to who wants it, without internals',
      'HR-18: an endpoint that sends no HTTP is told as JSON to who wants it, without internals',
      'HR-18: an endpoint that is silent is told as JSON to who wants it, without internals',
      'an origin with *',
      'an origin with status line "*',
      'RFC 9112 §8: of an endpoint that ends behind nothing nothing is passed on',
      'RFC 9112 §8: of an endpoint that ends behind half a status line nothing is passed on',
      'RFC 9112 §8: of an endpoint that ends behind a head without its end nothing is passed on',
    ],
  },
  {
    id: 'HR-25',
    says: 'An endpoint that stops within its answer: the client is cut.',
    cases: [
      'HR-25: an endpoint that stops within its answer by length: the client is cut',
      'HR-25: an endpoint that stops within its answer in chunks: the client is cut',
      'HR-25: an endpoint that stops within its answer until it closes: the client is cut',
    ],
  },
  {
    id: 'RT-30',
    says: 'What no server and no location names has an explicit answer.',
    cases: [
      'RT-30: an unknown host is served by the default server',
      'RT-30: 444 closes without an answer',
    ],
  },
  {
    id: 'RT-31',
    says: 'Trailers go on, both ways.',
    cases: [
      'RFC 9110 §6.5: trailers of an answer go on to who asks for them',
      'RFC 9110 §6.5.1: trailers that would change framing, routing or content are dropped',
      'RFC 9110 §6.5: no trailers for a client that does not ask',
      'RFC 9110 §6.5: no trailers for a client that asks, when they are off',
      'RFC 9110 §6.5: no trailers for a client that only names TE',
      'RFC 9110 §6.5: a client of HTTP/1.0 gets no trailers',
      'RFC 9110 §6.5: trailers of a request go on, request buffering on',
      'RFC 9110 §6.5: trailers of a request go on, request buffering off',
      'RFC 9112 §7.4: TE goes on for trailers alone, and Connection names it',
    ],
  },
  {
    id: 'RT-32',
    says: '100 and 103 as the RFC says.',
    cases: [
      'RFC 9110 §15.2: interim responses are not the answer',
      'eight interim responses are borne',
      'nine interim responses are not',
      'RFC 9110 §10.1.1: who waits for 100 gets it before its body is read',
      'RFC 9110 §10.1.1: streaming, the endpoint is asked, and its 100 passed on',
      'RFC 9110 §15.2: 103 goes on at once where early_hints says so',
      'RFC 9110 §15.2: several informational answers keep their order',
      'RFC 9110 §15.2: no informational answer for a client of HTTP/1.0',
      'RFC 9110 §15.2: a 100 that nobody waits for is not passed on',
    ],
  },
  {
    id: 'RT-33',
    says: 'A loop ends with 508.',
    cases: [
      'RFC 9110 §7.6: a request that came through us nine times is served',
      'RFC 9110 §7.6: the tenth time is a loop',
    ],
  },
  {
    id: 'RT-34',
    says: 'TRACE and CONNECT are refused; QUERY goes on.',
    cases: [
      'RT-34: QUERY goes on with its body',
      'method *',
      'RFC 9110 §9.3.6: CONNECT is refused, and 405 says what is allowed',
      'RFC 9110 §9.3.6: CONNECT without port is refused, and 405 says what is allowed',
      'RFC 9110 §9.3.6: CONNECT with an invalid port is refused, and 405 says what is allowed',
      'RFC 9110 §9.3.8: TRACE is refused, and 405 says what is allowed',
      'RFC 9110 §9.3.7: OPTIONS * is about us: what we do, without content',
      'RFC 9110 §9.3.6: CONNECT',
      'RFC 9110 §9.3.8: TRACE',
    ],
  },
  {
    id: 'WS-01',
    says: 'Upgrade of WebSocket without configuration, of others by list.',
    cases: [
      'RFC 9110 §7.8: behind 101 both sides send what they like',
      'RFC 9110 §7.8: the client may end its side first',
      'RFC 9110 §7.8: a tunnel that the client breaks ends on the other side',
      'RFC 9110 §7.8: a tunnel that the endpoint breaks ends on the other side',
      'RFC 9110 §7.8: in HTTP/1.0 it means nothing: an ordinary request',
      'RFC 9110 §7.8: a protocol that is not listed: an ordinary request',
      'RFC 9110 §7.8: h2c never goes through: an ordinary request',
      'RFC 9110 §7.8: proxy_upgrade off: an ordinary request',
      'RFC 9110 §7.8: Upgrade that Connection does not name: an ordinary request',
      'RFC 9110 §7.8: two Upgrade fields: an ordinary request',
      'RFC 9110 §7.8: with a body: an ordinary request',
    ],
  },
  {
    id: 'WS-03',
    says: 'Refused upgrades are ordinary answers; no byte behind a 101 is lost.',
    cases: [
      '101 that nobody asked for (CVE-2026-2833)',
      'RFC 9110 §7.8: what comes with the 101, and with the request, belongs to the tunnel',
      'RFC 9110 §7.8: a 101 *',
      'RFC 9110 §7.8: who is not switched gets an ordinary answer: 200 OK',
      'RFC 9110 §7.8: who is not switched gets an ordinary answer: 403 Forbidden',
      'RFC 9110 §7.8: who is not switched gets an ordinary answer: 404 Not Found',
    ],
  },
  {
    id: 'WS-06',
    says: 'Events of a stream go on one by one.',
    cases: [
      'CE-07, WS-06: each part of an answer goes on at once, with proxy_buffering on',
      'CE-07, WS-06: each part of an answer goes on at once, with proxy_buffering off',
      'CE-07, WS-06: each part of an answer goes on at once, with X-Accel-Buffering: no',
      'CE-07, WS-06: each part of an answer goes on at once, of text/event-stream',
    ],
  },
  {
    id: 'WS-07',
    says: 'Times are set per route.',
    cases: ['WS-07: each route has times of its own'],
  },
];
