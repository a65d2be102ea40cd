/** Bytes that are appended to; reading them all costs no copy. */
export class GrowingBuffer {
  #bytes = Buffer.allocUnsafe(4096);
  length = 0;

  append(more: Buffer): void {
    const needed = this.length + more.length;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(needed * 2);
      this.#bytes.copy(larger, 0, 0, this.length);
      this.#bytes = larger;
    }
    more.copy(this.#bytes, this.length);
    this.length = needed;
  }

  /** All of it; the view stays as it is when more is appended. */
  get view(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }
}
