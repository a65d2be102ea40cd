import type { Requirement } from './requirement.ts';

/** RFC 9110 §2 to §6: versions, URIs, fields, trailers. */
export const RFC_9110_MESSAGES: readonly Requirement[] = [
  {
    id: '9110-2.2-1',
    says: 'Nothing is sent that the sender knows to be false, or that its grammar or role forbids.',
    noCase: 'It is the sum of the rules on this list.',
  },
  {
    id: '9110-2.3-1',
    says: 'Elements are read at least as long as we would send them.',
    cases: ['RFC 9110 §2.3: heads as large as those we send are read, both ways'],
  },
  {
    id: '9110-2.5-1',
    says: 'A client sends no version that it does not conform to.',
    cases: [
      'a client of HTTP/1.0 is spoken for in 1.1',
      'RFC 9112 §2.3: a client of 1.0 and an endpoint of 1.0 both hear 1.1',
      'RFC 9112 §2.3: a client of 1.1 and an endpoint of 1.0 both hear 1.1',
    ],
  },
  {
    id: '9110-2.5-2',
    says: 'A server sends no version that it does not conform to.',
    cases: [
      'a response of HTTP/1.0 with a length',
      'RFC 9112 §2.3: a client of 1.0 and an endpoint of 1.0 both hear 1.1',
      'RFC 9112 §2.3: a client of 1.1 and an endpoint of 1.0 both hear 1.1',
    ],
  },
  {
    id: '9110-2.5-3',
    says: 'Another major version than ours is not taken for ours (here: 505).',
    cases: ['RFC 9110 §2.5: a minor version that is not there', 'RFC 9110 §15.6.6: version 2.0'],
  },
  {
    id: '9110-3.3-1',
    says: 'Two requests on a connection need not be of one user.',
    cases: [
      'RFC 9110 §3.3: on one connection to an endpoint, requests of several users stay apart',
    ],
  },
  {
    id: '9110-4.2.1-1',
    says: 'No URI with an empty host is made.',
    noCase: 'The URIs of our redirects name the host of the request, which is never empty.',
  },
  {
    id: '9110-4.2.1-2',
    says: 'A URI with an empty host is invalid.',
    cases: [
      'RFC 9110 §4.2.1: a URI with an empty host is no URI: http:///x',
      'RFC 9110 §4.2.1: a URI with an empty host is no URI: http://',
      'RFC 9110 §4.2.1: a URI with an empty host is no URI: http://:80/x',
      'RFC 9110 §4.2.1: a URI with an empty host is no URI: https:///x',
    ],
  },
  {
    id: '9110-4.2.2-1',
    says: 'Requests for https go over secured connections.',
    noCase: 'There is no TLS yet: it comes with the issue on TLS.',
  },
  {
    id: '9110-4.2.4-1',
    says: 'No user information is sent in a URI.',
    cases: ['RFC 9110 §4.2.4: user information in a target is refused, never sent on'],
  },
  {
    id: '9110-5.1-1',
    says: 'Fields that are not known go on, unless Connection names them or the configuration drops them.',
    cases: [
      'RFC 9110 §5.1: fields that we do not know go through, both ways',
      'fields keep their order, case and value',
      'proxy_set_header with an empty value removes the field',
    ],
  },
  {
    id: '9110-5.3-1',
    says: 'The order of lines with the same name stays.',
    cases: ['RFC 9110 §5.3: lines of one field keep their order, both ways'],
  },
  {
    id: '9110-5.3-2',
    says: 'A sender repeats no field that is no list.',
    noCase: 'We send each of our own fields once; those that came go on as they came.',
  },
  {
    id: '9110-5.3-3',
    says: 'No request is applied before its head is complete.',
    cases: ['RFC 9110 §5.3: no request goes on before its head is complete'],
  },
  {
    id: '9110-5.4-1',
    says: 'Fields larger than we read are answered with a 4xx.',
    cases: [
      '101 fields',
      'a field line over 8 KB',
      'a field name over 8 KB',
      'a head over 32 KB',
      'a head that never ends',
    ],
  },
  {
    id: '9110-5.5-1',
    says: 'White space around a value is no part of it.',
    cases: ['RFC 9112 §5.1: any white space around a value becomes one space'],
  },
  {
    id: '9110-5.5-2',
    says: 'CR, LF and NUL in a value: the message is refused, or they become spaces.',
    cases: ['an origin with NUL in a value', 'RFC 9110 §5.5: "*'],
  },
  {
    id: '9110-5.6.1-1',
    says: 'A sender makes no empty list elements.',
    noCase: 'Our own lists (Allow, Via) have none; lists that came go on as they came.',
  },
  {
    id: '9110-5.6.1-2',
    says: 'A reasonable number of empty list elements is ignored (not in Transfer-Encoding: refused).',
    cases: [
      'RFC 9110 §7.6.1: what Connection names stays behind, wherever it stands and however it is written',
    ],
  },
  {
    id: '9110-5.6.3-1',
    says: 'No white space is sent where the grammar bears it for historical reasons only.',
    cases: ['§7: Transfer-Encoding "*'],
  },
  {
    id: '9110-5.6.3-2',
    says: 'Such white space is read and dropped (in front of a chunk extension: 400, see docs/differences.md).',
    cases: [
      'RFC 9110 §5.6.3: white space behind a size, "*',
      'RFC 9110 §5.6.3: white space within an extension goes with it',
    ],
  },
  {
    id: '9110-5.6.4-1',
    says: 'A quoted pair stands for the octet behind its backslash.',
    noCase: 'We act on no field with quoted strings; they go on as they came.',
  },
  {
    id: '9110-5.6.7-1',
    says: 'All three forms of dates are read.',
    noCase: 'We act on no date that comes; they go on as they came.',
  },
  {
    id: '9110-5.6.7-2',
    says: 'Dates are sent as IMF-fixdate.',
    cases: [
      'RFC 9110 §6.6.1: an answer without Date gets one: 200 OK',
      'RFC 9110 §6.6.1: an answer without Date gets one: 301 Moved Permanently',
      'RFC 9110 §6.6.1: an answer without Date gets one: 404 Not Found',
      'RFC 9110 §6.6.1: an answer without Date gets one: 503 Busy',
      'RFC 9110 §6.6.1: our own answers have a Date: 200',
      'RFC 9110 §6.6.1: our own answers have a Date: 301',
      'RFC 9110 §6.6.1: our own answers have a Date: 404',
      'hop-by-hop fields and what Connection names stay behind; Date and Server are ours',
    ],
  },
  {
    id: '9110-6.5.1-1',
    says: 'No trailer is sent unless its field may be one.',
    cases: [
      '§7.1.2: trailers are checked and dropped',
      'RFC 9110 §6.5.1: trailers that would change framing, routing or content are dropped',
      'RFC 9110 §6.5: trailers of a request go on, request buffering on',
      'RFC 9110 §6.5: trailers of a request go on, request buffering off',
    ],
  },
  {
    id: '9110-6.6.1-1',
    says: 'Our own 2xx, 3xx and 4xx responses have a Date.',
    cases: [
      'RFC 9110 §6.6.1: our own answers have a Date: 200',
      'RFC 9110 §6.6.1: our own answers have a Date: 301',
      'RFC 9110 §6.6.1: our own answers have a Date: 404',
    ],
  },
  {
    id: '9110-6.6.1-2',
    says: 'A response that came without Date goes on with one.',
    cases: [
      'RFC 9110 §6.6.1: an answer without Date gets one: 200 OK',
      'RFC 9110 §6.6.1: an answer without Date gets one: 301 Moved Permanently',
      'RFC 9110 §6.6.1: an answer without Date gets one: 404 Not Found',
      'RFC 9110 §6.6.1: an answer without Date gets one: 503 Busy',
      'hop-by-hop fields and what Connection names stay behind; Date and Server are ours',
    ],
  },
];
