/** How the simulated Upstox differs from the plain one. */
export interface UpstoxSettings {
  /** The token that is right now; without it any is. A JWT whose time is over is refused in any case. */
  readonly token?: () => string;
  /** When it trades: the NSE's sessions (the default), or always, a session being a day of UTC. */
  readonly hours?: 'nse' | 'always';
  /** An instrument is told of at most once in so many milliseconds; default 250. */
  readonly conflateMs?: number;
  /** Today's candles are known so much later; default 0. */
  readonly historyLagMs?: number;
}
