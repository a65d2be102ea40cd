import { Random } from '#native-bench/measure/random.ts';
import { patternUnit } from '#native-bench/wire/body-pattern.ts';
import type { Job } from './arrivals.ts';
import type { CompleteLoadOptions } from './options.ts';

/** A request ready to be sent, and what its answer must hold. */
export interface MadeRequest {
  readonly bytes: Buffer;
  /** Its target: named in failure samples. */
  readonly target: string;
  /** The pattern of a checked answer. */
  readonly unit: Buffer | undefined;
}

/** Makes the bytes of requests; identical ones are made once. */
export class RequestMaker {
  readonly #options: CompleteLoadOptions;
  readonly #random: Random;
  readonly #tail: string;
  readonly #upload: Buffer;
  readonly #known = new Map<string, MadeRequest>();

  constructor(options: CompleteLoadOptions) {
    this.#options = options;
    this.#random = new Random(options.seed + 7919 * (options.thread + 1));
    const fields = options.fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const length = options.uploadBytes > 0 ? `Content-Length: ${options.uploadBytes}\r\n` : '';
    const connection = options.keepAlive ? '' : 'Connection: close\r\n';
    this.#tail = `Host: ${options.hostField}\r\n${connection}${length}${fields}`;
    this.#upload = Buffer.alloc(options.uploadBytes, 'u');
  }

  make(job: Job): MadeRequest {
    const { heads, path, bodyBytes, classes } = this.#options;
    const base = classes[job.classIndex]?.path ?? path;
    const work = job.workMs > 0 ? `x-work-ms: ${job.workMs.toFixed(3)}\r\n` : '';
    if (heads === 'checked') {
      const id = `r${job.index}-${this.#random.uint32().toString(36)}`;
      const target = `${base === '/' ? '' : base}/id/${id}/${bodyBytes}`;
      return { bytes: this.#assemble(target, work), target, unit: patternUnit(id) };
    }
    if (heads === 'unique') {
      const target = `${base === '/' ? '' : base}/u/${this.#random.uint32().toString(36)}${job.index}`;
      const cookie = `Cookie: session=${this.#random.uint32().toString(16)}\r\n`;
      return { bytes: this.#assemble(target, work + cookie), target, unit: undefined };
    }
    const key = base + work;
    let made = this.#known.get(key);
    if (made === undefined) {
      made = { bytes: this.#assemble(base, work), target: base, unit: undefined };
      if (this.#known.size < 1000) this.#known.set(key, made);
    }
    return made;
  }

  #assemble(target: string, more: string): Buffer {
    const method = this.#upload.length > 0 ? 'POST' : 'GET';
    const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${this.#tail}${more}\r\n`, 'latin1');
    return this.#upload.length > 0 ? Buffer.concat([head, this.#upload]) : head;
  }
}
