/** Data path. What the client asked for: `$request_uri`, `$arg_NAME`, `$http_NAME`, … */
import type { Exchange } from '#src/exchange/exchange.ts';
import { requestIdOf } from '#src/exchange/request-id.ts';
import type { RequestHead } from '#src/http/message.ts';
import { cookieReader, startsWith } from './cookies.ts';
import { fieldReader } from './fields.ts';
import type { VariableReader, VariableTable } from './variable.ts';

const readCookies = fieldReader('cookie', '; ');
const readContentType = fieldReader('content_type');
const readContentLength = fieldReader('content_length');
const readHost = fieldReader('host');
const readAuthorization = fieldReader('authorization');

/** `$host` to `$request_id`. */
export const requestVariables: VariableTable = {
  names: {
    host: (exchange) => exchange.request.host || exchange.serverName,
    // The line as it came, whatever an internal redirect made of it.
    request: ({ clientMethod, request }) => {
      const { method, protocol, target } = request;
      if (method === '') return unreadLine(request);
      return `${clientMethod || method} ${target} ${protocol}`;
    },
    // Without a value when the head could not be read so far.
    request_method: ({ request }) => request.method || undefined,
    request_uri: ({ clientTarget, request }) => clientTarget || request.originTarget || undefined,
    uri: ({ request }) => request.path || undefined,
    document_uri: ({ request }) => request.path || undefined,
    args: readArgs,
    query_string: readArgs,
    is_args: (exchange) => (readArgs(exchange) === undefined ? '' : '?'),
    server_protocol: ({ request }) => (request.method === '' ? undefined : request.protocol),
    server_name: (exchange) => exchange.serverName,
    content_length: ({ request }) => readContentLength(request.fields),
    content_type: ({ request }) => readContentType(request.fields),
    remote_user: ({ request }) => basicUser(readAuthorization(request.fields)),
    request_length: ({ request, requestBodyBytes }) => `${request.headBytes + requestBodyBytes}`,
    request_id: requestIdOf,
    request_port: readPort,
    is_request_port: (exchange) => (readPort(exchange) === undefined ? '' : ':'),
    // While the store has it: from when it was read whole until the exchange ends.
    request_body: ({ requestEnded, requestStore }) => {
      return requestEnded ? requestStore?.text || undefined : undefined;
    },
    // Temporary files have no name here.
    request_body_file: () => undefined,
  },
  ofConnection: new Set(['host']),
  prefixes: {
    http_: (rest) => {
      const read = rest === 'cookie' ? readCookies : fieldReader(rest);
      return ({ request }) => read(request.fields);
    },
    arg_: argReader,
    cookie_: cookieReader,
  },
};

/** The first line of a head that could not be read, as it came, as far as it was kept. */
function unreadLine({ fields }: RequestHead): string {
  const end = fields.text.search(/[\r\n]/);
  return end < 0 ? fields.text : fields.text.substring(0, end);
}

function readArgs({ request }: Exchange): string | undefined {
  const { originTarget, queryAt } = request;
  if (queryAt < 0 || queryAt + 1 === originTarget.length) return undefined;
  return originTarget.substring(queryAt + 1);
}

/** As the client wrote it: behind the host of an absolute target, else in Host. */
function readPort({ request, clientTarget }: Exchange): string | undefined {
  const target = clientTarget || request.target;
  const authority =
    /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(target)?.[1] ?? readHost(request.fields);
  return authority === undefined ? undefined : /:(\d+)$/.exec(authority)?.[1];
}

/** The first argument of that name, as it came (not decoded); names are compared without case. */
function argReader(name: string): VariableReader {
  const length = name.length;
  return ({ request: { originTarget, queryAt } }) => {
    if (queryAt < 0) return undefined;
    for (let at = queryAt + 1; at < originTarget.length; ) {
      const next = originTarget.indexOf('&', at);
      const end = next < 0 ? originTarget.length : next;
      if (originTarget[at + length] === '=' && startsWith(originTarget, at, name)) {
        return originTarget.substring(at + length + 1, end);
      }
      at = end + 1;
    }
    return undefined;
  };
}

/** The user of `Authorization: Basic …` (RFC 7617), not checked; one char per byte. */
function basicUser(authorization: string | undefined): string | undefined {
  if (authorization === undefined || !/^basic /i.test(authorization)) return undefined;
  const decoded = Buffer.from(authorization.slice('basic '.length), 'base64').toString('latin1');
  const colon = decoded.indexOf(':');
  return colon > 0 ? decoded.substring(0, colon) : undefined;
}
