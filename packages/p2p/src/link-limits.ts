/** What a host spends on its connections, on every lane. */
export interface LinkLimits {
  readonly connectionsMax: number;
  /**
   * Of one peer on the fast lane, in each direction. Each carries one exchange at a time; a peer that wants more at once
   * is refused.
   */
  readonly connectionsPerPeerMax: number;
  /** From one IP address; a whole network may start at once behind one. */
  readonly inboundConnectionsPerSecondMax: number;
  /** Whose handshake is not done: the oldest gives way to a new one. */
  readonly pendingConnectionsMax: number;
  /** Exchanges on one libp2p connection under way at once, in each direction. */
  readonly streamsPerConnectionMax: number;
  /** For all addresses of a peer, and for one of them. */
  readonly dialTimeoutMs: number;
  readonly addressDialTimeoutMs: number;
  /** A silent connection is pinged so often, and ended when nothing comes within the time limit; the same on all hosts. */
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
}

export const LINK_LIMITS: LinkLimits = {
  connectionsMax: 1024,
  connectionsPerPeerMax: 64,
  inboundConnectionsPerSecondMax: 256,
  pendingConnectionsMax: 128,
  streamsPerConnectionMax: 256,
  dialTimeoutMs: 10_000,
  addressDialTimeoutMs: 5_000,
  pingIntervalMs: 10_000,
  pingTimeoutMs: 15_000,
};
