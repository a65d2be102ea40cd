import type { Requirement } from './requirement.ts';

/** RFC 9110 §8 to §15: lengths, methods, expectations, statuses. */
export const RFC_9110_MEANING: readonly Requirement[] = [
  {
    id: '9110-8.6-1',
    says: 'Content-Length of a response to HEAD is that of the GET.',
    cases: [
      '§6.3: HEAD has no body, whatever its length says',
      'RFC 9110 §9.3.2: HEAD of an answer of ours has its fields and no content',
      'RFC 9110 §9.3.2: HEAD of an answer for a failure has its fields and no content',
    ],
  },
  {
    id: '9110-8.6-2',
    says: 'Content-Length of a 304 is that of the 200.',
    cases: ['§6.3: 304 has no body, its Content-Length is that of the page'],
  },
  {
    id: '9110-8.6-3',
    says: 'No Content-Length in a 1xx or 204 response.',
    cases: [
      '§6.3: 204 has no body and no Content-Length',
      'RFC 9112 §6.1: an informational answer with Transfer-Encoding: chunked is none',
      'RFC 9112 §6.1: an informational answer with Content-Length: 5 is none',
      'RFC 9110 §8.6: a 204 of ours has no Content-Length',
    ],
  },
  {
    id: '9110-8.6-4',
    says: 'No Content-Length in a 2xx response to CONNECT.',
    noCase: 'We neither send nor take CONNECT.',
  },
  {
    id: '9110-8.6-5',
    says: 'Large lengths neither overflow nor lose precision.',
    cases: [
      'Content-Length: 0',
      'RFC 9110 §8.6: Content-Length "*',
      '§6.2: Content-Length: 0, and leading zeros',
    ],
  },
  {
    id: '9110-8.6-6',
    says: 'Several lengths: the message is refused, or one valid length takes their place.',
    cases: [
      'an origin with two Content-Lengths',
      'an origin with a list of Content-Lengths',
      '§6.3: two Content-Length fields, 5 and "*',
    ],
  },
  {
    id: '9110-8.6-7',
    says: 'No Content-Length goes on that is known to be wrong.',
    cases: ['§6.3: two Content-Length fields, 5 and "*'],
  },
  {
    id: '9110-9.1-1',
    says: 'GET and HEAD are served.',
    cases: [
      'method *',
      'HEAD goes on as HEAD',
      'RFC 9110 §9.3.2: HEAD of an answer of ours has its fields and no content',
      'RFC 9110 §9.3.2: HEAD of an answer for a failure has its fields and no content',
    ],
  },
  {
    id: '9110-9.2.2-1',
    says: 'A proxy does not repeat a request that is not idempotent by itself.',
    cases: ['RFC 9110 §9.2.2: a POST that was sent is never sent again'],
  },
  {
    id: '9110-9.3.2-1',
    says: 'No content in a response to HEAD.',
    cases: [
      '§6.3: HEAD has no body, whatever its length says',
      '§6.3: HEAD has no body, chunked or not',
      '§6.3: HEAD without framing does not wait for the close',
      'RFC 9110 §9.3.2: HEAD of an answer of ours has its fields and no content',
      'RFC 9110 §9.3.2: HEAD of an answer for a failure has its fields and no content',
    ],
  },
  {
    id: '9110-9.3.6-1',
    says: 'CONNECT with an empty or invalid port is refused (here: every CONNECT).',
    cases: [
      'RFC 9110 §9.3.6: CONNECT is refused, and 405 says what is allowed',
      'RFC 9110 §9.3.6: CONNECT without port is refused, and 405 says what is allowed',
      'RFC 9110 §9.3.6: CONNECT with an invalid port is refused, and 405 says what is allowed',
      'RFC 9110 §9.3.8: TRACE is refused, and 405 says what is allowed',
      'RFC 9110 §9.3.6: CONNECT',
    ],
  },
  {
    id: '9110-9.3.6-2',
    says: 'The client of a CONNECT names host and port, and ignores the framing of the 2xx.',
    noCase: 'We neither send nor take CONNECT.',
  },
  {
    id: '9110-9.3.6-4',
    says: 'When one side of a tunnel has ended, what it sent is delivered; then both are closed.',
    cases: [
      'RFC 9110 §7.8: the client may end its side first',
      'RFC 9110 §7.8: a tunnel that the client breaks ends on the other side',
      'RFC 9110 §7.8: a tunnel that the endpoint breaks ends on the other side',
    ],
  },
  {
    id: '9110-9.3.7-1',
    says: 'No Max-Forwards is made up.',
    cases: ['RFC 9110 §9.3.7: OPTIONS without Max-Forwards gets none from us'],
  },
  {
    id: '9110-9.3.7-2',
    says: 'OPTIONS with content has a Content-Type.',
    noCase: 'It concerns user agents: what we send is what a client asked for.',
  },
  {
    id: '9110-9.3.8-1',
    says: 'TRACE has no content and no credentials.',
    noCase: 'It concerns user agents: what we send is what a client asked for. TRACE ends here.',
  },
  {
    id: '9110-10.1.1-1',
    says: 'No 100-continue expectation is sent without content.',
    cases: ['RFC 9110 §10.1.1: no 100 for a request without a body'],
  },
  {
    id: '9110-10.1.1-2',
    says: 'Who waits for 100 sends the expectation.',
    cases: ['RFC 9110 §10.1.1: streaming, the endpoint is asked, and its 100 passed on'],
  },
  {
    id: '9110-10.1.1-3',
    says: 'The expectation in an HTTP/1.0 request is ignored.',
    cases: ['RFC 9110 §10.1.1: no 100 for a client of HTTP/1.0'],
  },
  {
    id: '9110-10.1.1-4',
    says: 'Who sends 100 sends a final response in the end.',
    cases: [
      'RFC 9110 §10.1.1: who waits for 100 gets it before its body is read',
      'RFC 9110 §10.1.1: what comes before our 100 needs none',
      'RFC 9110 §10.1.1: streaming, the endpoint is asked, and its 100 passed on',
      'RFC 9110 §10.1.1: streaming, a client that does not wait is served all the same',
    ],
  },
  {
    id: '9110-10.1.1-5',
    says: 'Who is expected to send 100 sends it, or a final response, at once.',
    cases: [
      'RFC 9110 §10.1.1: too large is said at once instead of 100',
      'RFC 9110 §10.1.1: who waits for 100 gets it before its body is read',
      'RFC 9110 §10.1.1: a final answer of ours comes at once, without 100',
      'RFC 9110 §10.1.1: streaming, a final answer of the endpoint takes the place of 100',
    ],
  },
  {
    id: '9110-10.1.1-6',
    says: 'Nobody waits for the content before sending 100.',
    cases: ['RFC 9110 §10.1.1: who waits for 100 gets it before its body is read'],
  },
  {
    id: '9110-10.1.1-7',
    says: 'A proxy answers by itself, or passes the head with the expectation on.',
    cases: [
      'RFC 9110 §10.1.1: streaming, the endpoint is asked, and its 100 passed on',
      'RFC 9110 §10.1.1: streaming, a final answer of the endpoint takes the place of 100',
    ],
  },
  {
    id: '9110-10.2.1-1',
    says: 'A proxy does not change Allow.',
    cases: ['RFC 9110 §10.2.1 and §12.5.5: Allow and Vary of an origin go through as they are'],
  },
  {
    id: '9110-11.6.1-1',
    says: 'A 401 has WWW-Authenticate.',
    noCase: 'We make no 401: no access rules ask for credentials yet.',
  },
  {
    id: '9110-11.6.1-2',
    says: 'A proxy does not change WWW-Authenticate.',
    cases: ['RFC 9110 §11.6: credentials and challenges go through as they are'],
  },
  {
    id: '9110-11.6.2-1',
    says: 'A proxy does not change Authorization.',
    cases: ['RFC 9110 §11.6: credentials and challenges go through as they are'],
  },
  {
    id: '9110-11.7.1-1',
    says: 'A proxy that sends 407 sends Proxy-Authenticate.',
    noCase: 'We make no 407.',
  },
  {
    id: '9110-12.5.5-1',
    says: 'A proxy does not make up Vary: *.',
    cases: ['RFC 9110 §10.2.1 and §12.5.5: Allow and Vary of an origin go through as they are'],
  },
  {
    id: '9110-13.2.1-1',
    says: 'Who is neither origin nor cache evaluates no condition and passes them on.',
    cases: ['RFC 9110 §13.2.1: conditions are for the origin: they go through, not evaluated'],
  },
  {
    id: '9110-14.2-1',
    says: 'What ranges mean to servers and caches.',
    noCase: 'Ranges are the origin’s: Range and Content-Range go through (9110-13.2.1-1).',
  },
  {
    id: '9110-15-1',
    says: 'A status that is not known means what its class means.',
    cases: ['§4: a status that nobody registered'],
  },
  {
    id: '9110-15.2-1',
    says: 'A client reads 1xx responses in front of the final one, asked for or not.',
    cases: [
      'RFC 9110 §15.2: interim responses are not the answer',
      'eight interim responses are borne',
      'nine interim responses are not',
      'RFC 9110 §15.2: 103 goes on at once where early_hints says so',
      'RFC 9110 §15.2: several informational answers keep their order',
      'RFC 9110 §15.2: a 100 that nobody waits for is not passed on',
    ],
  },
  {
    id: '9110-15.2-2',
    says: 'No 1xx response to a client of HTTP/1.0.',
    cases: [
      'RFC 9110 §10.1.1: no 100 for a client of HTTP/1.0',
      'RFC 9110 §15.2: no informational answer for a client of HTTP/1.0',
    ],
  },
  {
    id: '9110-15.2-3',
    says: 'A proxy passes 1xx responses on that it did not ask for itself (here: where early_hints says so).',
    cases: [
      'RFC 9110 §10.1.1: streaming, the endpoint is asked, and its 100 passed on',
      'RFC 9110 §15.2: 103 goes on at once where early_hints says so',
      'RFC 9110 §15.2: several informational answers keep their order',
    ],
  },
  {
    id: '9110-15.2.2-1',
    says: 'A 101 has Upgrade.',
    cases: ['RFC 9110 §7.8: behind 101 both sides send what they like'],
  },
  {
    id: '9110-15.3.5-1',
    says: 'A 204 has no content and no trailers.',
    cases: [
      '§6.3: 204 has no body and no Content-Length',
      'RFC 9110 §8.6: a 204 of ours has no Content-Length',
    ],
  },
  {
    id: '9110-15.3.6-1',
    says: 'A 205 has no content.',
    noCase: 'We make no 205; one of an origin goes on as it is framed.',
  },
  {
    id: '9110-15.4.5-1',
    says: 'A 304 has the fields that the 200 would have had.',
    cases: [
      'RFC 9110 §15.4.5: what a 304 tells of its page goes through',
      '§6.3: 304 has no body, its Content-Length is that of the page',
    ],
  },
  {
    id: '9110-15.5.6-1',
    says: 'A 405 has Allow.',
    cases: [
      'RFC 9110 §9.3.6: CONNECT is refused, and 405 says what is allowed',
      'RFC 9110 §9.3.6: CONNECT without port is refused, and 405 says what is allowed',
      'RFC 9110 §9.3.6: CONNECT with an invalid port is refused, and 405 says what is allowed',
      'RFC 9110 §9.3.8: TRACE is refused, and 405 says what is allowed',
    ],
  },
  {
    id: '9110-15.5.20-1',
    says: 'A proxy makes no 421.',
    noCase: 'We make no 421.',
  },
];
