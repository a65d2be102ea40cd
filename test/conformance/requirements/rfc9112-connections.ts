import type { Requirement } from './requirement.ts';

/** RFC 9112 §9 and §10: connections. */
export const RFC_9112_CONNECTIONS: readonly Requirement[] = [
  {
    id: '9112-9.2-1',
    says: 'A response belongs to the oldest request without one on its connection.',
    cases: [
      'RFC 9112 §9.3.2: pipelined requests are answered in their order',
      'RFC 9112 §9.3: a connection is used again only when the answer was read whole',
    ],
  },
  {
    id: '9112-9.2-2',
    says: 'Data without an outstanding request is no response.',
    cases: [
      "RFC 9112 §6.3: a second answer behind an answer is nobody's",
      "RFC 9112 §6.3: half an answer behind an answer is nobody's",
      "RFC 9112 §6.3: an empty line behind an answer is nobody's",
      'RFC 9112 §9.2: what comes without a request is no answer, not even to the next',
    ],
  },
  {
    id: '9112-9.3-1',
    says: 'A client without persistent connections says close in every request.',
    noCase: 'We keep connections; where one is not to be kept it is closed behind its response.',
  },
  {
    id: '9112-9.3-2',
    says: 'A server without persistent connections says close in every response.',
    cases: ['RFC 9112 §9.3: who keeps no connections says so in each answer'],
  },
  {
    id: '9112-9.3-3',
    says: 'A server reads the whole body, or closes behind its response.',
    cases: [
      'RFC 9112 §9.3: a body that nobody wants is read, never taken for a request',
      'RFC 9112 §9.3: a body that nobody wants and that is long ends the connection',
    ],
  },
  {
    id: '9112-9.3-4',
    says: 'A client reads the whole response before it uses the connection again.',
    cases: ['RFC 9112 §9.3: a connection is used again only when the answer was read whole'],
  },
  {
    id: '9112-9.3-5',
    says: 'A proxy keeps no connection with a client of HTTP/1.0.',
    noCase: 'A gateway is no proxy here (RFC 9110 §3.7): to its clients it is the origin server.',
  },
  {
    id: '9112-9.3.2-1',
    says: 'Pipelined requests are answered in their order.',
    cases: ['RFC 9112 §9.3.2: pipelined requests are answered in their order'],
  },
  {
    id: '9112-9.3.2-2',
    says: 'After a failure a client does not pipeline at once again.',
    noCase: 'We pipeline nothing to endpoints.',
  },
  {
    id: '9112-9.6-1',
    says: 'A client that said close sends nothing more there and closes behind the response.',
    cases: ['RFC 9112 §9.6: where we say close there is no second request'],
  },
  {
    id: '9112-9.6-2',
    says: 'A server that was told close closes behind its response.',
    cases: [
      'RFC 9112 §9.3: a client of HTTP/1.1 with Connection "close"',
      'RFC 9112 §9.3: a client of HTTP/1.1 with Connection "keep-alive, close"',
      'RFC 9112 §9.3: a client of HTTP/1.0 with Connection ""',
      'RFC 9112 §9.3: a client of HTTP/1.0 with Connection "close"',
      'RFC 9112 §9.3: a client of HTTP/1.0 with Connection "keep-alive, close"',
      'RFC 9112 §9.6: behind the close of a client nothing is served',
      'Connection: close closes, in any case and list',
    ],
  },
  {
    id: '9112-9.6-3',
    says: 'It serves nothing that came behind that request.',
    cases: [
      'RFC 9112 §9.6: behind the close of a client nothing is served',
      'Connection: close closes, in any case and list',
    ],
  },
  {
    id: '9112-9.6-4',
    says: 'A server that says close closes behind that response.',
    cases: [
      'RFC 9112 §9.3: who keeps no connections says so in each answer',
      'RFC 9112 §9.6: behind our close nothing is served, however early it came',
    ],
  },
  {
    id: '9112-9.6-5',
    says: 'It serves nothing that came behind that request either.',
    cases: ['RFC 9112 §9.6: behind our close nothing is served, however early it came'],
  },
  {
    id: '9112-9.6-6',
    says: 'A client that is told close sends nothing more there and closes.',
    cases: ['RFC 9112 §9.6: an endpoint that says close gets no further request there'],
  },
  {
    id: '9112-9.7-1',
    says: 'The rules of connections over TLS.',
    noCase: 'There is no TLS yet: it comes with the issue on TLS.',
  },
  {
    id: '9112-10.1-1',
    says: 'What message/http and application/http contain.',
    noCase: 'We neither make nor read these media types.',
  },
];
