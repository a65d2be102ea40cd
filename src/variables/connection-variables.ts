/** Data path. The client's connection: `$remote_addr`, `$server_port`, … */
import { clientAddressOf, clientPortOf } from '#src/exchange/real-ip.ts';
import { IpAddress } from '#src/tables/ip-address.ts';
import { addressBytes } from '#src/tables/ip-text.ts';
import { fieldReader } from './fields.ts';
import type { VariableReader, VariableTable } from './variable.ts';

const readForwardedFor = fieldReader('x_forwarded_for');
const address = new IpAddress();

/** `$remote_addr`, where it is that of the connection. */
export const readRemoteAddress: VariableReader = ({ downstream }) =>
  downstream?.facts.remoteAddress;

/** The system is not asked for TCP_INFO, and no listener takes the PROXY protocol yet. */
const WITHOUT_VALUE = [
  ...['proxy_protocol_addr', 'proxy_protocol_port'],
  ...['proxy_protocol_server_addr', 'proxy_protocol_server_port'],
  ...['tcpinfo_rtt', 'tcpinfo_rttvar', 'tcpinfo_snd_cwnd', 'tcpinfo_rcv_space'],
];

/** `$remote_addr` to `$proxy_add_x_forwarded_for`. */
export const connectionVariables: VariableTable = {
  names: {
    remote_addr: readRemoteAddress,
    remote_port: ({ downstream }) => portText(downstream?.facts.remotePort),
    binary_remote_addr: (exchange) => binary(readRemoteAddress(exchange)),
    realip_remote_addr: readRemoteAddress,
    realip_remote_port: ({ downstream }) => portText(downstream?.facts.remotePort),
    server_addr: ({ downstream }) => downstream?.facts.localAddress,
    server_port: ({ downstream }) => numberText(downstream?.facts.localPort),
    scheme: ({ downstream }) => downstream?.facts.scheme,
    connection: ({ downstream }) => numberText(downstream?.facts.connectionSerial),
    connection_requests: ({ downstream }) => numberText(downstream?.facts.exchangeCount),
    https: ({ downstream }) => (downstream?.facts.scheme === 'https' ? 'on' : ''),
    ...Object.fromEntries(WITHOUT_VALUE.map((name) => [name, () => undefined])),
    // `p` for a pipelined request in nginx; requests are read one at a time here.
    pipe: () => '.',
    proxy_add_x_forwarded_for: (exchange) => addTo(exchange, readRemoteAddress),
  },
  ofConnection: new Set([
    ...['remote_addr', 'remote_port', 'binary_remote_addr', 'realip_remote_addr'],
    ...['realip_remote_port', 'server_addr', 'server_port', 'scheme', 'connection'],
    'proxy_add_x_forwarded_for',
  ]),
  prefixes: { proxy_protocol_tlv_: () => () => undefined },
};

/**
 * What takes the place of these where `real_ip` may change the client's address. nginx works most of
 * them out once per request, so what was asked for before a location changed it stays: `cached`.
 */
export function realIpVariables(
  cached: (read: VariableReader) => VariableReader,
): readonly VariableTable[] {
  const names = {
    remote_addr: cached(clientAddressOf),
    remote_port: cached((exchange) => portText(clientPortOf(exchange))),
    binary_remote_addr: cached((exchange) => binary(clientAddressOf(exchange))),
    proxy_add_x_forwarded_for: (exchange: Parameters<VariableReader>[0]) => {
      return addTo(exchange, clientAddressOf);
    },
  };
  return [{ names, ofConnection: new Set(), prefixes: {} }];
}

const addTo = (
  exchange: Parameters<VariableReader>[0],
  readAddress: VariableReader,
): string | undefined => {
  const before = readForwardedFor(exchange.request.fields);
  const client = readAddress(exchange);
  return before === undefined ? client : `${before}, ${client}`;
};

function binary(text: string | undefined): string | undefined {
  return text !== undefined && address.parse(text) ? addressBytes(address) : text;
}

function portText(port: number | undefined): string | undefined {
  // A unix socket, or the address that a proxy named, has none: nothing, and no `-` in logs.
  return port === 0 ? '' : numberText(port);
}

function numberText(value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${value}`;
}
