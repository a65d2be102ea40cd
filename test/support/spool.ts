// A stage whose temporary files lie in a folder of its own, and what tests of bodies that wait look
// at: which of these files are open, what is left, when nothing moves any more.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { TransportTier } from '#src/transport/transport.ts';
import { type OriginScript, ok } from './raw-origin.ts';
import { type Stage, type StageOptions, setStage } from './stage.ts';

const MB = 1024 * 1024;
/** More than the kernel's buffers take between two sockets of this machine. */
export const LARGE = 24 * MB;

/** Bytes of which every 64 begin with their offset. */
export function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length, 'weir');
  for (let at = 0; at + 4 <= length; at += 64) bytes.writeUInt32BE(at, at);
  return bytes;
}

/** A body in chunks of that size, the last one included. */
export function chunked(body: Buffer, size = 10_000): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

/** Answers `/down` with the body, everything else with the length of what it got. */
export function serving(body: Buffer, ...fields: string[]): OriginScript {
  return {
    onRequest: ({ line, body: got }, connection) => {
      if (!line.includes('/down')) return ok(`got ${got.length}`);
      const start = ['HTTP/1.1 200 OK', `Content-Length: ${body.length}`, ...fields];
      connection.send(`${start.join('\r\n')}\r\n\r\n`);
      connection.stream(body);
      return undefined;
    },
  };
}

/** A stage, and the folder of its temporary files; bodies of any length are let in. */
export async function setSpool(
  t: TestContext,
  tier: TransportTier,
  { server = '', ...options }: StageOptions = {},
): Promise<{ stage: Stage; directory: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-spool-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const stage = await setStage(t, tier, {
    server: `client_body_temp_path ${directory}; proxy_temp_path ${directory};
      client_max_body_size 0; ${server}`,
    ...options,
  });
  return { stage, directory };
}

/** Files of that folder that this process, and so the edge, has open; those without a name, too. */
export function openFiles(directory: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(`${directory}/`) ? [target] : [];
    } catch {
      return []; // closed meanwhile
    }
  });
}

/** One temporary file is open there, and it has no name. */
export function checkOneFile(directory: string): void {
  const files = openFiles(directory);
  assert.equal(files.length, 1, files.join());
  assert.match(files[0] ?? '', / \(deleted\)$/);
}

/** Waits until the files of a folder are closed; none has left its name. */
export async function checkNothingLeft(directory: string): Promise<void> {
  await until(() => openFiles(directory).length === 0);
  const left = readdirSync(directory, { recursive: true, withFileTypes: true });
  assert.deepEqual(
    left.filter((entry) => entry.isFile()).map(({ name }) => name),
    [],
  );
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Looks again at every turn of the event loop. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

/**
 * Resolves when the count has not moved for many trips through the pool of threads that files are
 * written by: what waits for a write moves on between them.
 */
export async function stalled(count: () => number): Promise<void> {
  for (let last = -1, quiet = 0; quiet < 100; await stat('/')) {
    quiet = count() === last ? quiet + 1 : 0;
    last = count();
  }
}
