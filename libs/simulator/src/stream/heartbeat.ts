/** Binance's: a ping every 20 s; a pong with its payload within a minute, or the connection ends. */
const PING_EVERY_MS = 20_000;
const PONG_WITHIN_MS = 60_000;

export class Heartbeat {
  #lastPingMs: number;
  /** Pings without their pong, oldest first: three at most, since the fourth would come after the deadline. */
  #unanswered: { payload: string; sentMs: number }[] = [];

  constructor(startMs: number) {
    this.#lastPingMs = startMs;
  }

  /** What to do now: send a ping with this payload, end the connection, or nothing. */
  due(nowMs: number): { ping: string } | 'end' | undefined {
    const [oldest] = this.#unanswered;
    if (oldest !== undefined && nowMs - oldest.sentMs >= PONG_WITHIN_MS) return 'end';
    if (nowMs - this.#lastPingMs < PING_EVERY_MS) return undefined;
    this.#lastPingMs = nowMs;
    const payload = String(Math.floor(nowMs));
    this.#unanswered.push({ payload, sentMs: nowMs });
    return { ping: payload };
  }

  /** A pong answers the ping with its payload and those before it; any other pong answers nothing. */
  answered(payload: string): void {
    const at = this.#unanswered.findIndex((each) => each.payload === payload);
    this.#unanswered = this.#unanswered.slice(at + 1);
  }
}
