/**
 * CURVE keys as 40 characters of Z85. A sender needs its pair; a receiver the sender's public key and, where the sender
 * takes only known receivers, a pair of its own.
 */
export interface FeedKeys {
  readonly pair?: { readonly publicKey: string; readonly secretKey: string };
  /** The sender's; needed to receive. */
  readonly serverPublicKey?: string;
}
