/** Data path. What a kind of listener offers: accept on descriptors, stop, drain, close. */

export interface Listener {
  /** `formatAddress` of what it listens on. */
  readonly key: string;
  /** Starts accepting on a listening descriptor; throws an Error with a `code`. */
  listen(fd: number): void;
  /** Closes its descriptors; connections live on. */
  stopListening(): void;
  /** No connection may wait for another exchange longer than a moment. */
  drain(): void;
  /** Closes every connection now. */
  close(): void;
  /** Closes an idle connection to make room; false when there is none. */
  evictQuietest(): boolean;
  readonly connectionCount: number;
}
