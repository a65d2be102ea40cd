import type { Requirement } from './requirement.ts';

/** RFC 9112 §2 to §5: lines of a message. */
export const RFC_9112_HEADS: readonly Requirement[] = [
  {
    id: '9112-2.2-1',
    says: 'A message is read as octets; none of them needs to be text.',
    cases: ['fields keep their order, case and value'],
  },
  {
    id: '9112-2.2-2',
    says: 'A sender never makes a bare CR outside of content.',
    cases: [
      'an origin with bare CR',
      '§2.2: bare CR in the request line',
      '§2.2: bare CR in a value',
      '§2.2: bare CR in front of CRLF',
    ],
  },
  {
    id: '9112-2.2-3',
    says: 'A bare CR that is received makes its element invalid, or becomes a space.',
    cases: [
      'an origin with bare CR',
      '§2.2: bare CR in the request line',
      '§2.2: bare CR in a value',
      '§2.2: bare CR in front of CRLF',
    ],
  },
  {
    id: '9112-2.2-4',
    says: 'No empty line is sent in front of a request or behind it.',
    cases: ['§2.2: an empty line in front of a request is skipped'],
  },
  {
    id: '9112-2.2-5',
    says: 'No white space is sent between the start line and the first field.',
    cases: ['§2.2: white space in front of the first field'],
  },
  {
    id: '9112-2.2-6',
    says: 'White space received there: the message is refused, or such lines are skipped.',
    cases: [
      'an origin with white space in front of the first field',
      '§2.2: white space in front of the first field',
    ],
  },
  {
    id: '9112-2.3-1',
    says: 'An intermediary sends its own version, whatever the message had when it came.',
    cases: [
      'a client of HTTP/1.0 is spoken for in 1.1',
      'a response of HTTP/1.0 with a length',
      'RFC 9112 §2.3: a client of 1.0 and an endpoint of 1.0 both hear 1.1',
      'RFC 9112 §2.3: a client of 1.1 and an endpoint of 1.0 both hear 1.1',
      'RFC 9112 §6.1: no coding for an endpoint that is spoken to in 1.0',
    ],
  },
  {
    id: '9112-3-1',
    says: 'A target longer than we read is answered with 414.',
    cases: [
      'a request line over 8 KB',
      'a request line over large_client_header_buffers',
      'a request line that never ends',
    ],
  },
  {
    id: '9112-3-2',
    says: 'A request line that the grammar does not know is no request (here always 400).',
    cases: [
      '§3: two spaces',
      '§3: a space inside the target',
      '§3: a tab for a space',
      '§3: a space behind the version',
      '§3: no version (HTTP/0.9)',
      '§3: version in lower case',
      '§3: a version that is none',
      '§3: version 1.10',
      '§3.1: a method that is no token',
      '§3.1: an empty method',
      '§3.1: a method of 40 letters',
      'TLS ClientHello',
      '§3.2: target "*',
    ],
  },
  {
    id: '9112-3.2-1',
    says: 'Every 1.1 request that we send has a Host.',
    cases: ['a client of HTTP/1.0 is spoken for in 1.1'],
  },
  {
    id: '9112-3.2-2',
    says: 'Host is the authority of the URI that is asked, without user information.',
    cases: ['proxy_set_header Host $http_host passes Host on'],
  },
  {
    id: '9112-3.2-3',
    says: 'Without an authority, Host is sent empty.',
    noCase:
      'proxy_pass always has an authority: a name, an address, or localhost for a unix socket.',
  },
  {
    id: '9112-3.2-4',
    says: 'A 1.1 request without Host is 400.',
    cases: ['§3.2: no Host'],
  },
  {
    id: '9112-3.2-5',
    says: 'A request with more than one Host is 400.',
    cases: ['§3.2: two Hosts', '§3.2: the same Host twice'],
  },
  {
    id: '9112-3.2-6',
    says: 'A request with an invalid Host is 400.',
    cases: ['RFC 9112 §3.2: an empty Host in HTTP/1.1 is no host of ours', '§3.2: Host "*'],
  },
  {
    id: '9112-3.2.1-1',
    says: 'To an origin server only path and query are sent as the target.',
    cases: ['RFC 9112 §3.2: target "*'],
  },
  {
    id: '9112-3.2.1-2',
    says: 'An empty path is sent as "/".',
    cases: ['RFC 9112 §3.2: target "*'],
  },
  {
    id: '9112-3.2.2-1',
    says: 'To a proxy the whole URI is sent as the target.',
    noCase: 'Endpoints are origins or gateways to us; we never speak to a proxy.',
  },
  {
    id: '9112-3.2.2-2',
    says: 'With an absolute target, its host counts and the received Host does not (here: one that differs is 400).',
    cases: [
      'RFC 9112 §3.2.2: the host of an absolute target counts, where Host is absent',
      'RFC 9112 §3.2.2: the host of an absolute target chooses the server',
      'RFC 9112 §3.2.2: an absolute target and another Host: neither is believed',
    ],
  },
  {
    id: '9112-3.2.2-3',
    says: 'The Host that goes on then is made of the target.',
    cases: ['RFC 9112 §3.2.2: the host of an absolute target counts, where Host is absent'],
  },
  {
    id: '9112-3.2.2-4',
    says: 'A server takes targets in absolute form.',
    cases: [
      'RFC 9112 §3.2: target "*',
      'RFC 9112 §3.2.2: the host of an absolute target counts, where Host is absent',
    ],
  },
  {
    id: '9112-3.2.3-1',
    says: 'CONNECT is sent with host and port alone.',
    noCase: 'We neither send nor take CONNECT.',
  },
  {
    id: '9112-3.2.4-1',
    says: 'OPTIONS for a server as a whole is sent as "*".',
    cases: ['RFC 9110 §9.3.7: OPTIONS * is about us: what we do, without content'],
  },
  {
    id: '9112-3.2.4-2',
    says: 'OPTIONS for an absolute target without path and query means "*" to the last one in the chain.',
    cases: [
      'RFC 9112 §3.2.4: OPTIONS for an absolute target without path means *',
      'RFC 9112 §3.2.4: OPTIONS for an absolute target with a path is about that path',
    ],
  },
  {
    id: '9112-4-1',
    says: 'The space behind the status code is sent even when there is no reason.',
    cases: ['§4: a status line without reason'],
  },
  {
    id: '9112-5.1-1',
    says: 'White space between a field name and its colon: a request is 400.',
    cases: ['§5.1: space before the colon', '§5.1: tab before the colon'],
  },
  {
    id: '9112-5.1-2',
    says: 'White space there in a response does not go on (here: the response is 502).',
    cases: ['an origin with space before the colon'],
  },
  {
    id: '9112-5.1-3',
    says: 'A field line that the grammar does not know does not go on (here: 400 or 502).',
    cases: [
      'an origin with an empty name',
      '§5.1: an empty name (CVE-2023-25725)',
      '§5.1: no colon',
      '§5.1: a name that is no token',
      '§5.1: a name with a byte over 127',
    ],
  },
  {
    id: '9112-5.2-1',
    says: 'No folded line is sent.',
    cases: [
      'an origin with a folded field',
      '§5.2: a folded line',
      '§5.2: a line folded with a tab',
    ],
  },
  {
    id: '9112-5.2-2',
    says: 'A folded line in a request: 400, or spaces in its place.',
    cases: ['§5.2: a folded line', '§5.2: a line folded with a tab'],
  },
  {
    id: '9112-5.2-3',
    says: 'A folded line in a response: 502, or spaces in its place.',
    cases: ['an origin with a folded field'],
  },
  {
    id: '9112-5.2-4',
    says: 'A user agent puts spaces in place of folds.',
    noCase: 'It concerns user agents: what we send is what a client asked for.',
  },
];
