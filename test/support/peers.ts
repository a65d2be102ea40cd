// Programs from Debian that some tests run Weir with or against. A test that needs one says so:
//
//   test('curl gets a page', requirePeer('curl'), async () => { … });
//
// Where the program is missing the test does not run and says so in one line; where
// WEIR_REQUIRE_PEERS=1 (set by .ci/run, which installs them all) a missing one is a failure.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Command → the Debian package that brings it. `.ci/run` installs all of these. */
const PACKAGES = {
  chromium: 'chromium',
  curl: 'curl',
  h2load: 'nghttp2-client',
  haproxy: 'haproxy',
  lsof: 'lsof',
  mount: 'mount',
  nginx: 'nginx-light',
  perl: 'perl-base',
  pgrep: 'procps',
  setpriv: 'util-linux',
  ss: 'iproute2',
  strace: 'strace',
  taskset: 'util-linux',
  unshare: 'util-linux',
  wget: 'wget',
  wrk: 'wrk',
} as const;

/** A program that tests may need. */
export type Peer = keyof typeof PACKAGES;

/** The Debian packages of all peers, without repetition. */
export const PEER_PACKAGES: readonly string[] = [...new Set(Object.values(PACKAGES))];

/** Servers stand in /usr/sbin, which a user's PATH may lack. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Where the program stands, absolute; undefined when it is not installed. */
export function findPeer(peer: Peer): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder, peer)).find(isExecutable);
}

/**
 * Options for `test`: the test runs when all the peers are installed.
 * @throws Error when one is missing and WEIR_REQUIRE_PEERS=1
 */
export function requirePeer(...peers: readonly Peer[]): { skip: string | false } {
  const missing = peers.filter((peer) => findPeer(peer) === undefined);
  if (missing.length === 0) return { skip: false };
  const packages = missing.map((peer) => PACKAGES[peer]).join(' ');
  const message = `not run: ${missing.join(', ')} not installed (apt-get install ${packages})`;
  if (process.env['WEIR_REQUIRE_PEERS'] === '1') throw new Error(message);
  return { skip: message };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
