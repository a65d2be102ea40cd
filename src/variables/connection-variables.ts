/** Data path. The client's connection: `$remote_addr`, `$server_port`, … */
import { fieldReader } from './fields.ts';
import type { VariableTable } from './variable.ts';

const readForwardedFor = fieldReader('x_forwarded_for');

/** `$remote_addr` to `$proxy_add_x_forwarded_for`. */
export const connectionVariables: VariableTable = {
  names: {
    remote_addr: ({ downstream }) => downstream?.facts.remoteAddress,
    remote_port: ({ downstream }) => numberText(downstream?.facts.remotePort),
    server_addr: ({ downstream }) => downstream?.facts.localAddress,
    server_port: ({ downstream }) => numberText(downstream?.facts.localPort),
    scheme: ({ downstream }) => downstream?.facts.scheme,
    connection: ({ downstream }) => numberText(downstream?.facts.connectionSerial),
    connection_requests: ({ downstream }) => numberText(downstream?.facts.exchangeCount),
    // `p` for a pipelined request in nginx; requests are read one at a time here.
    pipe: () => '.',
    proxy_add_x_forwarded_for: ({ request, downstream }) => {
      const before = readForwardedFor(request.fields);
      const address = downstream?.facts.remoteAddress;
      return before === undefined ? address : `${before}, ${address}`;
    },
  },
  ofConnection: new Set([
    ...['remote_addr', 'remote_port', 'server_addr', 'server_port', 'scheme', 'connection'],
    'proxy_add_x_forwarded_for',
  ]),
  prefixes: {},
};

function numberText(value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${value}`;
}
