const LABEL = "commonhold register v1";

export interface RegistrationClaim {
  readonly joinToken: string;
  readonly peerId: string;
  readonly timestampMs: number;
}

/** What a node signs to show that the key of its peer id is its own: label, token, peer id and time, with NULs between. */
export function registrationProofBytes({ joinToken, peerId, timestampMs }: RegistrationClaim): Uint8Array {
  return new TextEncoder().encode(`${LABEL}\0${joinToken}\0${peerId}\0${timestampMs}`);
}
