/** Tables of `weir ctl`, for people. */
import type { Peer, UpstreamView } from './ctl-client.ts';

/** Rows below a head, each column as wide as its widest cell; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, at) => Math.max(...all.map((row) => (row[at] ?? '').length)));
  const isNumber = head.map(
    (_, at) => rows.length > 0 && rows.every((row) => /^[\d.-]*$/.test(row[at] ?? '')),
  );
  const lines = all.map((row) => {
    const cells = row.map((cell, at) => {
      const width = widths[at] ?? 0;
      return isNumber[at] ? cell.padStart(width) : cell.padEnd(width);
    });
    return cells.join('  ').trimEnd();
  });
  return `${lines.join('\n')}\n`;
}

/** One line for each upstream. */
export function upstreamTable(all: Readonly<Record<string, UpstreamView>>): string {
  const rows = Object.entries(all).map(([name, { peers, queue }]) => {
    const up = peers.filter(({ state }) => state === 'up').length;
    return [
      name,
      `${up}/${peers.length}`,
      sum(peers, ({ active }) => active),
      sum(peers, ({ requests }) => requests),
      sum(peers, ({ fails }) => fails),
      queue === undefined ? '-' : String(queue.size),
    ];
  });
  return table(['UPSTREAM', 'UP', 'ACTIVE', 'REQUESTS', 'FAILS', 'QUEUED'], rows);
}

/** With what the state does not say. */
function stateOf({ backup, degraded, state }: Peer): string {
  const more = [...(degraded === true ? ['degraded'] : []), ...(backup ? ['backup'] : [])];
  return more.length === 0 ? state : `${state} (${more.join(', ')})`;
}

/** One line for each server. */
export function serverTable(peers: readonly Peer[]): string {
  const rows = peers.map((peer) => [
    String(peer.id),
    peer.server,
    stateOf(peer),
    String(peer.weight),
    String(peer.active),
    String(peer.max_conns ?? '-'),
    String(peer.requests),
    String(peer.fails),
    peer.header_time === undefined ? '-' : String(peer.header_time),
  ]);
  return table(
    ['ID', 'SERVER', 'STATE', 'WEIGHT', 'ACTIVE', 'MAX', 'REQUESTS', 'FAILS', 'HEADER_MS'],
    rows,
  );
}

function sum(peers: readonly Peer[], of: (peer: Peer) => number): string {
  return String(peers.reduce((total, peer) => total + of(peer), 0));
}
