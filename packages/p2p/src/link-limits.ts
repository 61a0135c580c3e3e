/** What a host spends on its connections, on every lane. */
export interface LinkLimits {
  readonly connectionsMax: number;
  /** From one IP address; a whole network may start at once behind one. */
  readonly inboundConnectionsPerSecondMax: number;
  readonly pendingConnectionsMax: number;
  /** Exchanges with one peer under way at once, in each direction. */
  readonly streamsPerConnectionMax: number;
  /** For all addresses of a peer, and for one of them. */
  readonly dialTimeoutMs: number;
  readonly addressDialTimeoutMs: number;
  /** A silent connection is pinged so often, and ended when no answer comes within the time limit. */
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
}

export const LINK_LIMITS: LinkLimits = {
  connectionsMax: 1024,
  inboundConnectionsPerSecondMax: 256,
  pendingConnectionsMax: 128,
  streamsPerConnectionMax: 256,
  dialTimeoutMs: 10_000,
  addressDialTimeoutMs: 5_000,
  pingIntervalMs: 10_000,
  pingTimeoutMs: 15_000,
};
