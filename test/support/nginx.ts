// Debian's nginx, started for one test: what Weir is compared with.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accepts, freePort } from './free-port.ts';
import { findPeer } from './peers.ts';

/** A running nginx. */
export class Nginx {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  constructor(port: number, child: ChildProcess, folder: string) {
    this.port = port;
    this.#child = child;
    this.#folder = folder;
  }

  /** Ends it and removes what it wrote. */
  async close(): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGKILL');
      await once(this.#child, 'exit');
    }
    rmSync(this.#folder, { recursive: true });
  }
}

/**
 * Starts nginx with what `confOf` puts into its `http` block, given the port to listen on.
 * @param port of 127.0.0.1; a free one when none is given
 * @throws Error with what nginx says when it does not start
 */
export async function startNginx(confOf: (port: number) => string, port?: number): Promise<Nginx> {
  port ??= await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'weir-nginx-'));
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => {
    mkdirSync(join(folder, name));
    return `${name}_temp_path ${join(folder, name)};`;
  });
  const conf = confOf(port);
  // One process: killing it ends all of it.
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${join(folder, 'pid')}; events {}
     http { ${/^\s*access_log/m.test(conf) ? '' : 'access_log off;'} ${paths.join(' ')} ${conf} }`,
  );
  const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
  const child = spawn(findPeer('nginx') ?? 'nginx', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  while (!(await accepts(port))) {
    if (child.exitCode !== null) {
      rmSync(folder, { recursive: true });
      throw new Error(said);
    }
  }
  return new Nginx(port, child, folder);
}
