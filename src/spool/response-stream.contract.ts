/** What the tests of the store of responses drive: both ends, every byte compared. */

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { assertBytes, bytesAt, DIRECTORY, quiet, TestOwner } from './owner.contract.ts';
import { type ResponseLimits, ResponseStore } from './response-store.ts';
import { type OpenFile, openUnlinkedFile } from './unlinked-file.ts';

const KB = 1024;

/** What a location has without a word about it. */
export const LIMITS: ResponseLimits = {
  memoryBytes: 32 * KB,
  maxFileBytes: 1024 * KB * KB,
  writeBytes: 64 * KB,
  directory: DIRECTORY,
};

/** A response on its way: appended at one end, taken and compared at the other. */
export class Stream {
  readonly store: ResponseStore;
  readonly owner = new TestOwner();
  readonly limits: ResponseLimits;
  appended = 0;
  taken = 0;
  /** What `append` said last, until it was told otherwise. */
  hasRoom = true;
  mostHeld = 0;
  #roomsSeen = 0;
  #part: Buffer | undefined;

  constructor(t: TestContext, limits: Partial<ResponseLimits> = {}, open?: OpenFile) {
    this.store = new ResponseStore(open ?? openUnlinkedFile);
    this.limits = { ...LIMITS, ...limits };
    this.store.begin(this.owner, this.limits);
    t.after(() => this.store.reset());
  }

  append(length: number): void {
    const source = Buffer.concat([Buffer.from('<'), bytesAt(this.appended, length)]);
    this.appended += length;
    this.#roomsSeen = this.owner.rooms;
    this.hasRoom = this.owner.call(() => this.store.append(source, 1, 1 + length));
    source.fill(0);
    this.mostHeld = Math.max(this.mostHeld, this.store.heldBytes);
  }

  /** Looks whether there is room meanwhile. */
  mayAppend(): boolean {
    if (this.owner.rooms > this.#roomsSeen) this.hasRoom = true;
    return this.hasRoom;
  }

  /** False when there is nothing to take now. What was taken before must still be untouched. */
  take(): boolean {
    if (this.#part !== undefined) assertBytes(this.#part, this.taken - this.#part.length);
    const part = this.owner.call(() => this.store.next());
    this.mostHeld = Math.max(this.mostHeld, this.store.heldBytes);
    this.#part = part;
    if (part === undefined) return false;
    assert.ok(part.length > 0, 'an empty part');
    assertBytes(part, this.taken);
    this.taken += part.length;
    return true;
  }

  /** Takes until the store is empty. */
  async takeAll(): Promise<void> {
    while (!this.store.isEmpty && this.owner.errnos.length === 0) {
      if (!this.take() && !this.store.isEmpty) await this.owner.told();
    }
  }

  /** Full, and not just busy with writing. */
  async appendUntilFull(length: number, most = Number.POSITIVE_INFINITY): Promise<void> {
    while (this.appended < most && this.mayAppend()) {
      this.append(length);
      await quiet();
    }
  }
}
