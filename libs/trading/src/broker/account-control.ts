import { MINUTE_MICROS } from '@tickwright/market';
import { Exact, ZERO, toDecimal } from '../decimal.ts';
import type { Decimal } from '../decimal.ts';
import type { Account, EquityPoint } from '../contract/account.ts';
import type { OutputDraft } from '../engine/output-draft.ts';
import type { StateRows } from '../state-rows.ts';
import type { Desk } from './desk.ts';
import type { OrderReason } from './order-shape.ts';

const KEY = 'control';

interface ControlRecord {
  readonly day: string;
  readonly dayStartEquity: Decimal;
  readonly ordersToday: number;
  /** Who killed: a person, or the day's loss, which holds until the next day. */
  readonly killedBy: 'hand' | 'daily-loss' | null;
  readonly killReason: string | null;
  /** The minute of the last equity point. */
  readonly pointMinute: number;
}

/** The account's day, its kill switch and its equity curve. */
export class AccountControl {
  readonly #rows: StateRows;
  readonly #desk: Desk;
  #record: ControlRecord;
  #lookedAtMinute = -1;

  constructor(rows: StateRows, desk: Desk) {
    this.#rows = rows;
    this.#desk = desk;
    this.#record = (rows.get(KEY) as ControlRecord | undefined) ?? {
      day: '',
      dayStartEquity: ZERO,
      ordersToday: 0,
      killedBy: null,
      killReason: null,
      pointMinute: -1,
    };
  }

  /** The next event looks at the calendar, whatever the time: it may be another one. */
  forgetCalendar(): void {
    this.#lookedAtMinute = -1;
  }

  get ordersToday(): number {
    return this.#record.ordersToday;
  }

  get isKilled(): boolean {
    return this.#record.killedBy !== null;
  }

  /** Turns the day: its loss is counted anew, and what its loss forbade is allowed again. */
  turnDay(draft: OutputDraft): void {
    // Days begin with a minute everywhere.
    const minute = Math.floor(draft.timeMicros / MINUTE_MICROS);
    if (minute === this.#lookedAtMinute) return;
    this.#lookedAtMinute = minute;
    const day = this.#desk.rules.accountDate(draft.timeMicros);
    if (day === this.#record.day) return;
    const isLifted = this.#record.killedBy === 'daily-loss';
    this.#put({ day, dayStartEquity: toDecimal(this.#desk.book.equity), ordersToday: 0 });
    if (isLifted) this.resume(draft, 'a new day has begun');
    draft.accountChanged = true;
  }

  countOrder(draft: OutputDraft): void {
    this.#put({ ordersToday: this.#record.ordersToday + 1 });
    draft.accountChanged = true;
  }

  kill(draft: OutputDraft, by: 'hand' | 'daily-loss', reason: string): void {
    this.#put({ killedBy: by, killReason: reason });
    draft.accountChanged = true;
    draft.addNotice({ code: by === 'hand' ? 'killed' : 'daily-loss', text: reason });
  }

  resume(draft: OutputDraft, reason: string): void {
    if (!this.isKilled) return;
    this.#put({ killedBy: null, killReason: null });
    draft.accountChanged = true;
    draft.addNotice({ code: 'resumed', text: reason });
  }

  /** Why positions cannot be opened; undefined: they can. */
  refusal(): OrderReason | undefined {
    const { killedBy, killReason } = this.#record;
    if (killedBy === null) return undefined;
    const code = killedBy === 'hand' ? 'killed' : 'daily-loss';
    return { code, reason: `no position is opened: ${killReason ?? code}` };
  }

  /** The text of the day's loss once it has reached its limit. */
  lossBeyondLimit(): string | undefined {
    const limit = this.#desk.rules.config.risk.maxDailyLoss;
    if (limit === null || this.isKilled) return undefined;
    const loss = new Exact(this.#record.dayStartEquity).minus(this.#desk.book.equity);
    if (loss.lt(limit)) return undefined;
    return `the day's loss of ${loss.toFixed(2)} has reached its limit of ${limit}`;
  }

  account(): Account {
    const { book, rules } = this.#desk;
    const { equity } = book;
    const money = book.money;
    const power = equity.div(rules.config.account.marginRate).minus(this.#desk.commitments.total);
    const { day, dayStartEquity } = this.#record;
    return {
      ...money,
      unrealizedPnl: toDecimal(book.unrealizedPnl),
      equity: toDecimal(equity),
      exposure: toDecimal(book.exposure),
      buyingPower: toDecimal(power.gt(0) ? power.round(8, Exact.roundDown) : new Exact(0)),
      day,
      dayStartEquity,
      dayPnl: toDecimal(equity.minus(dayStartEquity)),
      killed: this.isKilled,
      killReason: this.#record.killReason,
    };
  }

  /** A point of the equity curve: after fills, and once a minute while something is held. */
  equityPoint(draft: OutputDraft): EquityPoint | null {
    const minute = Math.floor(draft.timeMicros / MINUTE_MICROS);
    const isDue = minute !== this.#record.pointMinute && !this.#desk.book.exposure.eq(0);
    if (draft.fills.length === 0 && !isDue) return null;
    this.#put({ pointMinute: minute });
    const { book } = this.#desk;
    const { cash, realizedPnl, fees } = book.money;
    return {
      seq: draft.seq,
      timeMicros: draft.timeMicros,
      cash,
      equity: toDecimal(book.equity),
      realizedPnl,
      unrealizedPnl: toDecimal(book.unrealizedPnl),
      fees,
      exposure: toDecimal(book.exposure),
    };
  }

  #put(change: Partial<ControlRecord>): void {
    this.#record = { ...this.#record, ...change };
    this.#rows.put(KEY, { ...this.#record });
  }
}
