/** Where a venue's token comes from: the environment or a private file. */
export interface TokenSource {
  /** The token as of now, read again at every call; undefined where there is none. Rejects when it cannot be read. */
  read(): Promise<string | undefined>;
  /** The venue does not take this one: another one, if there is one, is to be read from now on. */
  refused(token: string): void;
  /** Calls back whenever another token was put there, until the returned function is called. */
  onRenewed(listener: () => void): () => void;
}

/** How a venue that wants a token stands to ours. Never holds the token itself. */
export interface AccessState {
  /** unknown: not tried yet. expired: its time is over, whether or not the venue has noticed. */
  readonly state: 'unknown' | 'accepted' | 'missing' | 'refused' | 'expired';
  /** When its time is over, microseconds UTC; 0 while there is none. */
  readonly expiresMicros: number;
  /** Since when, microseconds UTC. */
  readonly sinceMicros: number;
  /** What to do about it; empty while it is accepted. */
  readonly reason: string;
}
