/** Options of listening sockets. Plain data. */

/** What a listening socket is told beside its address; absent: as the system has it. */
export interface SocketOptions {
  /** `so_keepalive`; times in seconds, 1 at least. */
  readonly keepalive?: {
    readonly isOn: boolean;
    readonly idleSec?: number;
    readonly intervalSec?: number;
    readonly count?: number;
  };
  readonly receiveBytes?: number;
  readonly sendBytes?: number;
  /** `deferred`: a connection is accepted when its first byte has come. */
  readonly isDeferred?: boolean;
  /** `fastopen`: so many that have not finished their handshake may send data. */
  readonly fastopen?: number;
}
