import type { Requirement } from './requirement.ts';

/** RFC 9110 §7: what an intermediary passes on. */
export const RFC_9110_FORWARDING: readonly Requirement[] = [
  {
    id: '9110-7.2-1',
    says: 'Every request that we send has a Host.',
    cases: ['a client of HTTP/1.0 is spoken for in 1.1'],
  },
  {
    id: '9110-7.4-1',
    says: 'A request for https over an unsecured connection is refused, unless it comes from a trusted gateway.',
    noCase:
      'There is no TLS yet: it comes with the issue on TLS. Until then, who speaks https to us in a target is a gateway that ends TLS in front of us.',
  },
  {
    id: '9110-7.6-1',
    says: 'Connection is obeyed, and what is meant for the incoming connection stays behind.',
    cases: [
      'RFC 9110 §7.6.1: hop-by-hop fields stay behind',
      'hop-by-hop fields and what Connection names stay behind; Date and Server are ours',
    ],
  },
  {
    id: '9110-7.6-2',
    says: 'No message goes to ourselves without protection from a loop.',
    cases: [
      'RFC 9110 §7.6: a request that came through us nine times is served',
      'RFC 9110 §7.6: the tenth time is a loop',
    ],
  },
  {
    id: '9110-7.6.1-1',
    says: 'Who sends a field for the connection names it in Connection.',
    cases: [
      'RFC 9110 §6.5: trailers of an answer go on to who asks for them',
      'RFC 9112 §7.4: TE goes on for trailers alone, and Connection names it',
      'RFC 9110 §7.8: behind 101 both sides send what they like',
      'RFC 9110 §7.8 and §15.5.22: 426 names the protocol that is asked for',
    ],
  },
  {
    id: '9110-7.6.1-2',
    says: 'Fields of a request that Connection names are removed (not those that rules behind us read).',
    cases: [
      'RFC 9110 §7.6.1: what Connection names stays behind, wherever it stands and however it is written',
      'RFC 9110 §7.6.1: several Connection fields are one list',
      'Connection cannot remove what rules behind us read (CVE-2024-45410)',
      'RFC 9110 §7.8: Upgrade that Connection does not name: an ordinary request',
    ],
  },
  {
    id: '9110-7.6.1-3',
    says: 'Fields of a response that Connection names are removed.',
    cases: ['hop-by-hop fields and what Connection names stay behind; Date and Server are ours'],
  },
  {
    id: '9110-7.6.1-4',
    says: 'Trailers that Connection names are removed.',
    cases: ['RFC 9110 §7.6.1: a trailer that Connection names stays behind'],
  },
  {
    id: '9110-7.6.1-5',
    says: 'Connection itself is removed or replaced.',
    cases: ['RFC 9110 §7.6.1: hop-by-hop fields stay behind'],
  },
  {
    id: '9110-7.6.1-6',
    says: 'No field that is meant for everyone is named in Connection.',
    noCase: 'We send close, keep-alive, upgrade and TE, and no others.',
  },
  {
    id: '9110-7.6.2-1',
    says: 'Max-Forwards of TRACE and OPTIONS is checked and updated.',
    cases: [
      'RFC 9110 §7.6.2: OPTIONS with Max-Forwards 0 ends here',
      'RFC 9110 §7.6.2: OPTIONS with Max-Forwards 1 goes on with 0',
      'RFC 9110 §7.6.2: OPTIONS with Max-Forwards 10 goes on with 9',
      'RFC 9110 §7.6.2: OPTIONS with Max-Forwards 100 goes on with 99',
      'RFC 9110 §7.6.2: OPTIONS with Max-Forwards 007 goes on with 6',
      'RFC 9110 §7.6.2: Max-Forwards of other methods goes through',
    ],
  },
  {
    id: '9110-7.6.2-2',
    says: 'At zero the request does not go on: we answer.',
    cases: ['RFC 9110 §7.6.2: OPTIONS with Max-Forwards 0 ends here'],
  },
  {
    id: '9110-7.6.2-3',
    says: 'Else it goes on with one less.',
    cases: [
      'RFC 9110 §7.6.2: OPTIONS with Max-Forwards 1 goes on with 0',
      'RFC 9110 §7.6.2: OPTIONS with Max-Forwards 10 goes on with 9',
      'RFC 9110 §7.6.2: OPTIONS with Max-Forwards 100 goes on with 99',
      'RFC 9110 §7.6.2: OPTIONS with Max-Forwards 007 goes on with 6',
    ],
  },
  {
    id: '9110-7.6.3-1',
    says: 'A gateway appends Via to every request.',
    cases: [
      'RFC 9110 §7.6.3: every request to an endpoint gets our Via',
      'RFC 9110 §7.6.3: ours stands behind those that came, all of them are kept',
      'RFC 9110 §7.6.3: it names the version that the client spoke',
      'RFC 9110 §7.6.3: via NAME is the pseudonym',
    ],
  },
  {
    id: '9110-7.6.3-2',
    says: 'Entries of different protocols are not merged into one.',
    cases: ['RFC 9110 §7.6.3: ours stands behind those that came, all of them are kept'],
  },
  {
    id: '9110-7.7-1',
    says: 'A proxy does not change a fully qualified host name.',
    noCase:
      'The authority of requests to endpoints is what proxy_pass or proxy_set_header Host says.',
  },
  {
    id: '9110-7.7-2',
    says: 'Path and query go on as they came, except for what the protocol asks.',
    cases: ['RFC 9112 §3.2: target "*'],
  },
  {
    id: '9110-7.7-3',
    says: 'Content with no-transform is not changed.',
    cases: ['RFC 9110 §7.7: content is never changed, with no-transform or without'],
  },
  {
    id: '9110-7.8-1',
    says: 'Who sends Upgrade names it in Connection.',
    cases: [
      'RFC 9110 §7.8: behind 101 both sides send what they like',
      'RFC 9110 §7.8 and §15.5.22: 426 names the protocol that is asked for',
    ],
  },
  {
    id: '9110-7.8-2',
    says: 'A 101 names the new protocol in Upgrade.',
    cases: [
      'RFC 9110 §7.8: behind 101 both sides send what they like',
      'RFC 9110 §7.8: the client may end its side first',
      'RFC 9110 §7.8: what comes with the 101, and with the request, belongs to the tunnel',
    ],
  },
  {
    id: '9110-7.8-3',
    says: 'Several layers are named in ascending order.',
    noCase: 'We switch to one protocol at a time.',
  },
  {
    id: '9110-7.8-4',
    says: 'Nobody switches to a protocol that was not asked for.',
    cases: [
      '101 that nobody asked for (CVE-2026-2833)',
      'RFC 9110 §7.8: a 101 *',
      'RFC 9110 §7.8: who is not switched gets an ordinary answer: 200 OK',
      'RFC 9110 §7.8: who is not switched gets an ordinary answer: 403 Forbidden',
      'RFC 9110 §7.8: who is not switched gets an ordinary answer: 404 Not Found',
      'RFC 9110 §7.8: a protocol that is not listed: an ordinary request',
      'RFC 9110 §7.8: h2c never goes through: an ordinary request',
      'RFC 9110 §7.8: proxy_upgrade off: an ordinary request',
      'RFC 9110 §7.8: two Upgrade fields: an ordinary request',
    ],
  },
  {
    id: '9110-7.8-5',
    says: 'A 426 names the protocol in Upgrade.',
    cases: ['RFC 9110 §7.8 and §15.5.22: 426 names the protocol that is asked for'],
  },
  {
    id: '9110-7.8-6',
    says: 'Upgrade in HTTP/1.0 is ignored.',
    cases: ['RFC 9110 §7.8: in HTTP/1.0 it means nothing: an ordinary request'],
  },
  {
    id: '9110-7.8-7',
    says: 'Nobody switches unless the request means something in the new protocol.',
    noCase: 'The endpoint decides to switch; we pass on requests without a body only.',
  },
  {
    id: '9110-7.8-8',
    says: '100 comes before 101 where both are asked for.',
    cases: ['RFC 9110 §7.8: with a body: an ordinary request'],
  },
];
