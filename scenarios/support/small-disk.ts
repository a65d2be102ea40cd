/** A disk of a few megabytes that only one Weir sees: a tmpfs in a mount namespace of its own. */
import { chmodSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WEIR } from '#test/support/weir.ts';

/** The disk of a Weir that was started by `launcher`. */
export class SmallDisk {
  /** The launcher to start Weir with: it mounts the disk, then becomes bin/weir. */
  readonly launcher: string;
  /** Where it is mounted, as the configuration names it. */
  readonly folder: string;
  readonly bytes: number;
  #root = '/';

  /** @param directory absolute, exists; the launcher and the mount point are made in it */
  constructor(directory: string, bytes: number) {
    this.bytes = bytes;
    this.folder = join(directory, 'disk');
    this.launcher = join(directory, 'weir-with-disk');
    mkdirSync(this.folder);
    // A user who is not root may mount in a user namespace. It ends with the last of its processes.
    const unshare = process.getuid?.() === 0 ? 'unshare -m' : 'unshare -mUc --keep-caps';
    const mount = `mount -t tmpfs -o size=${bytes},mode=1777 weir-small-disk "${this.folder}"`;
    writeFileSync(
      this.launcher,
      `#!/bin/sh\nexec ${unshare} sh -c '${mount} && exec "${WEIR}" "$@"' weir "$@"\n`,
    );
    chmodSync(this.launcher, 0o755);
  }

  /** Looks at it from then on through the eyes of this process. */
  lookThrough(pid: number): void {
    this.#root = `/proc/${pid}/root`;
    if (this.#stat().blocks * this.#stat().bsize !== this.bytes) {
      throw new Error(`${this.folder} is not the disk that was mounted`);
    }
  }

  get freeBytes(): number {
    const { bfree, bsize } = this.#stat();
    return bfree * bsize;
  }

  /** Files that have a name; folders do not count. */
  get files(): string[] {
    const entries = readdirSync(this.#root + this.folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  }

  /** Takes space away; the function gives it back. */
  occupy(bytes: number): () => void {
    const path = join(this.#root + this.folder, 'somebody-else');
    writeFileSync(path, Buffer.alloc(bytes));
    return () => rmSync(path);
  }

  #stat(): { blocks: number; bsize: number; bfree: number } {
    return statfsSync(this.#root + this.folder);
  }
}
