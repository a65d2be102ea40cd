/** A disk of a few kilobytes without a name: a tmpfs that only this process can reach. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmdirSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class TinyDisk {
  readonly #fd: number;
  /** To make files in. */
  readonly directory: string;

  private constructor(fd: number) {
    this.#fd = fd;
    this.directory = `/proc/self/fd/${fd}`;
  }

  /**
   * Mounts it in a mount namespace that ends at once; an open descriptor keeps the disk, so that
   * nothing is left behind whatever happens to the test. A string says why it cannot be mounted.
   */
  static async mount(bytes: number): Promise<TinyDisk | string> {
    const point = mkdtempSync(join(tmpdir(), 'weir-tiny-disk-'));
    // A user who is not root may mount in a user namespace.
    const flags = process.getuid?.() === 0 ? ['-m'] : ['-mUr'];
    const script = `mount -t tmpfs -o size=${bytes},mode=1777 tiny "$0" && echo ready && cat`;
    const child = spawn('unshare', [...flags, 'sh', '-c', script, point]);
    const said: string[] = [];
    child.stderr.on('data', (text) => said.push(String(text)));
    try {
      const isReady = await Promise.race([
        once(child.stdout, 'data').then(() => true),
        once(child, 'close').then(() => false),
      ]);
      if (!isReady) return `unshare or mount refused: ${said.join('')}`;
      const disk = new TinyDisk(openSync(`/proc/${child.pid}/root${point}`, 'r'));
      if (disk.freeBytes <= bytes) return disk;
      disk.close();
      return 'what was opened is not the disk that was mounted';
    } catch (error) {
      return String(error);
    } finally {
      child.stdin.end();
      if (child.exitCode === null && child.pid !== undefined) await once(child, 'close');
      rmdirSync(point);
    }
  }

  get freeBytes(): number {
    const { bfree, bsize } = statfsSync(this.directory);
    return bfree * bsize;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
