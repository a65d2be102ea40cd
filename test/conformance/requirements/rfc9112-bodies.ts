import type { Requirement } from './requirement.ts';

/** RFC 9112 §6 to §8: where a body ends, and what its chunks are. */
export const RFC_9112_BODIES: readonly Requirement[] = [
  {
    id: '9112-6.1-1',
    says: 'A recipient understands the chunked coding.',
    cases: ['§7: Transfer-Encoding "*'],
  },
  {
    id: '9112-6.1-2',
    says: 'A sender does not chunk a body twice.',
    cases: [
      'a response in chunks is chunked anew, without extensions and trailers',
      'an origin with chunked twice',
    ],
  },
  {
    id: '9112-6.1-3',
    says: 'A request with another coding ends with chunked.',
    noCase: 'We send no coding but chunked; what comes with another one is refused (9112-6.3-4).',
  },
  {
    id: '9112-6.1-4',
    says: 'A response with another coding ends with chunked, or with its connection (here: 502).',
    cases: ['an origin with an unknown coding'],
  },
  {
    id: '9112-6.1-5',
    says: 'No Transfer-Encoding in a 1xx or 204 response.',
    cases: [
      '§6.3: 204 has no body and no Content-Length',
      'RFC 9112 §6.1: an informational answer with Transfer-Encoding: chunked is none',
      'RFC 9112 §6.1: an informational answer with Content-Length: 5 is none',
      'RFC 9110 §8.6: a 204 of ours has no Content-Length',
    ],
  },
  {
    id: '9112-6.1-6',
    says: 'No Transfer-Encoding in a 2xx response to CONNECT.',
    noCase: 'We neither send nor take CONNECT.',
  },
  {
    id: '9112-6.1-7',
    says: 'No Transfer-Encoding to a server that may not speak HTTP/1.1.',
    cases: ['RFC 9112 §6.1: no coding for an endpoint that is spoken to in 1.0'],
  },
  {
    id: '9112-6.1-8',
    says: 'No Transfer-Encoding in a response to a client that does not speak HTTP/1.1.',
    cases: [
      'chunks become "until close" for a client of HTTP/1.0',
      'RFC 9112 §8: to a client of HTTP/1.0 a cut answer ends by RST, a whole one by FIN',
      'RFC 9110 §6.5: a client of HTTP/1.0 gets no trailers',
    ],
  },
  {
    id: '9112-6.1-9',
    says: 'Behind a request with Transfer-Encoding and Content-Length the connection is closed.',
    cases: [
      '§6.3: Transfer-Encoding together with Content-Length',
      '§6.3: Content-Length in front of Transfer-Encoding, zero',
    ],
  },
  {
    id: '9112-6.1-10',
    says: 'Transfer-Encoding in an HTTP/1.0 message: its framing is faulty, the connection closes.',
    cases: [
      '§6.1: Transfer-Encoding in a response of HTTP/1.0',
      '§6.1: Transfer-Encoding from a 1.0 client (CVE-2026-2835)',
      '§6.1: Transfer-Encoding from a 1.0 client that keeps alive',
    ],
  },
  {
    id: '9112-6.2-1',
    says: 'Never Content-Length in a message with Transfer-Encoding.',
    cases: [
      'a response in chunks is chunked anew, without extensions and trailers',
      '§7: Transfer-Encoding "*',
    ],
  },
  {
    id: '9112-6.3-1',
    says: 'Responses to HEAD, and 1xx, 204, 304, end with their head, whatever it says.',
    cases: [
      '§6.3: HEAD has no body, whatever its length says',
      '§6.3: HEAD has no body, chunked or not',
      '§6.3: HEAD without framing does not wait for the close',
      '§6.3: 204 has no body and no Content-Length',
      '§6.3: 304 has no body, its Content-Length is that of the page',
    ],
  },
  {
    id: '9112-6.3-2',
    says: 'Framing fields of a 2xx response to CONNECT are ignored.',
    noCase: 'We neither send nor take CONNECT.',
  },
  {
    id: '9112-6.3-3',
    says: 'A message with both framings goes on only without Content-Length (here: not at all).',
    cases: [
      'an origin with Transfer-Encoding and Content-Length',
      '§6.3: Transfer-Encoding together with Content-Length',
      '§6.3: Content-Length in front of Transfer-Encoding, zero',
    ],
  },
  {
    id: '9112-6.3-4',
    says: 'A request whose last coding is not chunked: 400, and the connection closes (a coding that we do not have, without any chunked: 501, as §6.1 has it).',
    cases: [
      '§6.1: Transfer-Encoding "*',
      '§6.1: two Transfer-Encoding fields',
      '§6.1: a known and an unknown coding in two fields',
    ],
  },
  {
    id: '9112-6.3-5',
    says: 'A request with an invalid Content-Length: 400, and the connection closes.',
    cases: ['§6.3: two Content-Length fields, 5 and "*', 'RFC 9110 §8.6: Content-Length "*'],
  },
  {
    id: '9112-6.3-6',
    says: 'A response with an invalid Content-Length: 502, it is dropped, its connection closes.',
    cases: [
      'an origin with two Content-Lengths',
      'an origin with a malformed Content-Length',
      'an origin with a negative Content-Length',
      'an origin with a list of Content-Lengths',
    ],
  },
  {
    id: '9112-6.3-7',
    says: 'A message shorter than its length is incomplete, and its connection closes.',
    cases: [
      'RFC 9112 §6.3: an answer shorter than its length, by FIN',
      'RFC 9112 §6.3: an answer shorter than its length, by RST',
      'RFC 9112 §6.3: a request by length, that ends early is never completed',
      'RFC 9112 §6.3: a request in chunks, without the last, that ends early is never completed',
      'RFC 9112 §6.3: a request in chunks, within one, that ends early is never completed',
    ],
  },
  {
    id: '9112-6.3-8',
    says: 'A request without framing has no body.',
    cases: ['§6.3: a request without framing has no body'],
  },
  {
    id: '9112-6.3-9',
    says: 'A request with a body is sent with a valid Content-Length or chunked.',
    cases: [
      'RFC 9110 §8.6: POST without a body says so',
      'RFC 9110 §8.6: PUT without a body says so',
      'RFC 9110 §8.6: PATCH without a body says so',
      '§6.3: a GET with a body by length',
      'RFC 9112 §6.1: no coding for an endpoint that is spoken to in 1.0',
    ],
  },
  {
    id: '9112-6.3-10',
    says: 'What comes behind a complete final response is not a response, and never goes on.',
    cases: [
      "RFC 9112 §6.3: a second answer behind an answer is nobody's",
      "RFC 9112 §6.3: half an answer behind an answer is nobody's",
      "RFC 9112 §6.3: an empty line behind an answer is nobody's",
    ],
  },
  {
    id: '9112-6.3-11',
    says: 'A response without framing ends with its connection.',
    cases: ['RFC 9112 §6.3: an answer without framing ends with its connection, by FIN'],
  },
  {
    id: '9112-7-1',
    says: 'Names of codings mean the same in any case.',
    cases: ['§7: Transfer-Encoding "*'],
  },
  {
    id: '9112-7.1-1',
    says: 'The chunked coding is decoded.',
    cases: ['an empty response in chunks', '§7: Transfer-Encoding "*'],
  },
  {
    id: '9112-7.1-2',
    says: 'Large chunk sizes neither overflow nor lose precision.',
    cases: ['§7.1: chunk size "*'],
  },
  {
    id: '9112-7.1-3',
    says: 'Chunks that the grammar does not know are not believed (here: 400, cut).',
    cases: [
      '§7.1: a chunk longer than its size',
      '§7.1: a chunk shorter than its size',
      '§7.1: bare LF behind the size',
      '§7.1: bare CR behind the size',
      '§7.1: bare LF behind the data',
      '§7.1: two wrong bytes behind the data',
      '§7.1: bare LF behind the last chunk',
      '§7.1: bare LF for the empty line',
      '§7.1.2: a trailer line without colon',
      '§7.1.2: space before the colon of a trailer',
      '§7.1.2: an empty trailer name',
      '§7.1.2: a folded trailer',
      '§7.1.2: bare LF behind a trailer',
      '§7.1.2: NUL in a trailer',
      '§7.1.2: trailers over 16 KB',
    ],
  },
  {
    id: '9112-7.1.1-1',
    says: 'Chunk extensions that are not known are ignored.',
    cases: [
      '§7: Transfer-Encoding "*',
      'RFC 9110 §5.6.3: white space within an extension goes with it',
    ],
  },
  {
    id: '9112-7.1.1-2',
    says: 'The length of chunk extensions is bounded.',
    cases: [
      '§7.1: bare LF in a chunk extension (TERM.EXT)',
      '§7.1: bare CR in a chunk extension',
      '§7.1: NUL in a chunk extension',
      '§7.1.1: an extension over 4 KB',
      '§7.1.1: extensions over 16 KB together',
    ],
  },
  {
    id: '9112-7.1.2-1',
    says: 'Trailers that are kept stay apart from the fields.',
    cases: [
      'RFC 9110 §6.5: trailers of an answer go on to who asks for them',
      'RFC 9110 §6.5: trailers of a request go on, request buffering on',
      'RFC 9110 §6.5: trailers of a request go on, request buffering off',
    ],
  },
  {
    id: '9112-7.1.2-2',
    says: 'A trailer is merged into the fields only where its definition says how (here: never).',
    cases: [
      'a response in chunks is chunked anew, without extensions and trailers',
      '§7.1.2: trailers are checked and dropped',
      'RFC 9110 §6.5: trailers of an answer go on to who asks for them',
      'RFC 9110 §6.5.1: trailers that would change framing, routing or content are dropped',
      'RFC 9110 §6.5: no trailers for a client that does not ask',
      'RFC 9110 §6.5: no trailers for a client that asks, when they are off',
      'RFC 9110 §6.5: no trailers for a client that only names TE',
      'RFC 9110 §6.5: a client of HTTP/1.0 gets no trailers',
    ],
  },
  {
    id: '9112-7.4-1',
    says: 'TE never names chunked.',
    cases: [
      'RFC 9110 §6.5: trailers of an answer go on to who asks for them',
      'RFC 9110 §6.5: no trailers for a client that does not ask',
      'RFC 9110 §6.5: no trailers for a client that asks, when they are off',
      'RFC 9110 §6.5: no trailers for a client that only names TE',
      'RFC 9112 §7.4: TE goes on for trailers alone, and Connection names it',
    ],
  },
  {
    id: '9112-7.4-2',
    says: 'Who sends TE names it in Connection.',
    cases: [
      'RFC 9110 §6.5: trailers of an answer go on to who asks for them',
      'RFC 9112 §7.4: TE goes on for trailers alone, and Connection names it',
    ],
  },
  {
    id: '9112-8-1',
    says: 'An incomplete response is known as one: it never goes on as a whole one.',
    cases: [
      'RFC 9112 §6.3: an answer shorter than its length, by FIN',
      'RFC 9112 §6.3: an answer shorter than its length, by RST',
      'RFC 9112 §8: an answer in chunks without the last one, by FIN',
      'RFC 9112 §8: an answer in chunks without the last one, by RST',
      'RFC 9112 §8: an answer in chunks that stops within one, by FIN',
      'RFC 9112 §8: an answer in chunks that stops within one, by RST',
      'RFC 9112 §8: an answer in chunks without the empty line behind the last one, by FIN',
      'RFC 9112 §8: an answer in chunks without the empty line behind the last one, by RST',
      'RFC 9112 §8: an answer without framing that ends by RST is not whole',
      'RFC 9112 §8: to a client of HTTP/1.0 a cut answer ends by RST, a whole one by FIN',
      'RFC 9112 §8: of an endpoint that ends behind nothing nothing is passed on',
      'RFC 9112 §8: of an endpoint that ends behind half a status line nothing is passed on',
      'RFC 9112 §8: of an endpoint that ends behind a head without its end nothing is passed on',
    ],
  },
];
