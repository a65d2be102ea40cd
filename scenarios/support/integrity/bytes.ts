/**
 * The bytes of a body, derived from whose it is: each user has a pool of pseudo-random bytes made
 * from a secret of his own, and a body is the piece of it where its id says. So every byte that
 * arrives tells whether it is the right one, and whose it is when it is not.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Two users, who must never see a byte of each other. */
export const USERS = ['a', 'b'] as const;
export type User = (typeof USERS)[number];

/** Towards the origin, towards the client. */
export type Direction = 'up' | 'down';

/** Longest body in bytes. */
export const MAX_BODY_BYTES = 1024 * 1024;
/** Bodies begin anywhere in so many bytes: a power of two. */
const STARTS = 1024 * 1024;
/** So many bytes are looked for in the other user's pool when some are wrong. */
const SAMPLE_BYTES = 12;

/** Where a body lies. */
export interface Piece {
  readonly user: User;
  /** Offset in the user's pool. */
  readonly at: number;
  readonly byteCount: number;
}

/** The secrets of a run. The same seed gives the same bytes in every thread. */
export class Secrets {
  readonly #pools: Record<User, Buffer>;
  readonly #tagKeys: Record<User, number>;

  constructor(seed: number) {
    const pool = (user: User): Buffer =>
      createHash('shake256', { outputLength: STARTS + MAX_BODY_BYTES })
        .update(`weir integrity, seed ${seed}, user ${user}`)
        .digest();
    this.#pools = { a: pool('a'), b: pool('b') };
    this.#tagKeys = { a: crc32(this.#pools.a), b: crc32(this.#pools.b) };
  }

  /** The id as it stands in fields: with a mark that only its user can make. */
  signed(user: User, id: string): string {
    return `${id}-${hex(crc32(id, this.#tagKeys[user]))}`;
  }

  /** The body that belongs to an id. */
  piece(user: User, id: string, direction: Direction, byteCount: number): Piece {
    // crc32 of close ids differs in few bits: multiplied, they are spread over the pool.
    const at = (Math.imul(crc32(`${id}${direction}`), 0x9e3779b1) >>> 0) % STARTS;
    return { user, at, byteCount };
  }

  /** Bytes [start, end) of a body; a view, never written to. */
  bytes({ user, at, byteCount }: Piece, start = 0, end = byteCount): Buffer {
    return this.#pools[user].subarray(at + start, at + end);
  }

  /** Checksum of a body, as it stands in `X-Sum`. */
  sum(piece: Piece): string {
    return hex(crc32(this.bytes(piece)));
  }

  /** Says whose bytes these are, when they were found where others belong. */
  ownerOf(bytes: Buffer): string {
    const sample = bytes.subarray(0, SAMPLE_BYTES);
    for (const user of USERS) {
      const at = this.#pools[user].indexOf(sample);
      if (at >= 0) return `${sample.length} of them are user ${user}'s at ${at}`;
    }
    return `nobody's: ${JSON.stringify(bytes.toString('latin1', 0, 40))}`;
  }
}

/** Follows a body as it comes, span by span. */
export class BodyCheck {
  readonly #secrets: Secrets;
  readonly piece: Piece;
  seenBytes = 0;
  /** What is wrong with it, in words; '' while nothing is. */
  problem = '';
  #sum = 0;

  constructor(secrets: Secrets, piece: Piece) {
    this.#secrets = secrets;
    this.piece = piece;
  }

  take(bytes: Buffer): void {
    if (this.problem !== '') return;
    const end = this.seenBytes + bytes.length;
    if (end > this.piece.byteCount) {
      const surplus = bytes.subarray(this.piece.byteCount - this.seenBytes);
      this.problem = `${end} bytes instead of ${this.piece.byteCount}: ${this.#secrets.ownerOf(surplus)}`;
    } else if (!bytes.equals(this.#secrets.bytes(this.piece, this.seenBytes, end))) {
      this.problem = `wrong bytes from ${this.seenBytes} on: ${this.#secrets.ownerOf(bytes)}`;
    }
    this.#sum = crc32(bytes, this.#sum);
    this.seenBytes = end;
  }

  get isWhole(): boolean {
    return this.problem === '' && this.seenBytes === this.piece.byteCount;
  }

  /** Of the bytes seen, as in `X-Sum`. */
  get sum(): string {
    return hex(this.#sum);
  }
}

/** Eight digits: messages of the same plan are of the same length, whatever their id. */
export function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
