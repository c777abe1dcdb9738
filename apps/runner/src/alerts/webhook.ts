import type { AlertRow, AlertStepName, Ledger } from '@tickwright/ledger';
import { BoundedQueue, TickwrightError, linkedSignal, retry } from '@tickwright/runtime';
import type { Clock, Log, Service } from '@tickwright/runtime';
import { untilStored } from './until-stored.ts';

/** An alert that was not sent within this is of no use any more. */
const AGE_MAX_MICROS = 24 * 3_600_000_000;
const WAITING_MAX = 1_000;
const TRIES_MS = [1_000, 5_000, 30_000];
const TIMEOUT_MS = 10_000;

/** The webhook's server refused, or could not be reached. */
class WebhookError extends TickwrightError {}

export interface WebhookCounts {
  sent: number;
  failed: number;
  readonly dropped: number;
}

export interface WebhookOptions {
  readonly url: string;
  readonly ledger: Pick<Ledger, 'appendAlertSteps' | 'queries'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Sends alerts to a webhook, each at most once over restarts: that it is being sent is stored first, so that one under way
 * when the process died is not sent again. Its id goes along, as `Idempotency-Key` too.
 */
export class Webhook {
  readonly #options: WebhookOptions;
  readonly #queue = new BoundedQueue<AlertRow>({ capacity: WAITING_MAX, whenFull: 'dropOldest' });
  #sent = 0;
  #failed = 0;

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  get counts(): WebhookCounts {
    return { sent: this.#sent, failed: this.#failed, dropped: this.#queue.dropped };
  }

  /** Takes up what an earlier run has stored and not begun to send. */
  async begin(): Promise<void> {
    const { ledger, clock } = this.#options;
    const fromMicros = clock.nowMicros() - AGE_MAX_MICROS;
    const stored = await ledger.queries.alerts({ limit: WAITING_MAX, fromMicros });
    for (const alert of stored.toReversed()) if (alert.steps.length === 0) this.send(alert);
  }

  /** Never waits. */
  send(alert: AlertRow): void {
    void this.#queue.write(alert);
  }

  service(): Service {
    return {
      name: 'webhook',
      run: async (signal) => {
        const iterator = this.#queue[Symbol.asyncIterator]();
        const stopped = new Promise<undefined>((resolve) => {
          signal.addEventListener('abort', () => resolve(undefined), { once: true });
        });
        while (!signal.aborted) {
          const next = await Promise.race([iterator.next(), stopped]);
          if (next === undefined || next.done === true) return;
          await this.#deliver(next.value, signal);
        }
      },
    };
  }

  async #deliver(alert: AlertRow, signal: AbortSignal): Promise<void> {
    const { ledger, clock, log } = this.#options;
    const step = (name: AlertStepName): Promise<void> =>
      untilStored(
        () => ledger.appendAlertSteps([{ id: alert.id, timeMicros: clock.nowMicros(), step: name }]),
        { clock, log, signal },
      );
    await step('sending');
    try {
      await retry(() => this.#post(alert, signal), { schedule: TRIES_MS, signal, clock });
      this.#sent += 1;
      await step('sent');
    } catch (error) {
      if (signal.aborted) return;
      this.#failed += 1;
      log.warn(
        { alert: alert.id, error: error instanceof Error ? error.message : '' },
        'an alert was not sent',
      );
      await step('failed');
    }
  }

  async #post(alert: AlertRow, signal: AbortSignal): Promise<void> {
    const { timeMicros, ...rest } = alert;
    using either = linkedSignal(signal, AbortSignal.timeout(TIMEOUT_MS));
    const response = await fetch(this.#options.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': alert.id },
      body: JSON.stringify({
        ...rest,
        time: new Date(timeMicros / 1_000).toISOString(),
        source: 'tickwright',
      }),
      redirect: 'error',
      signal: either.signal,
    });
    await response.body?.cancel();
    if (response.ok) return;
    throw new WebhookError(`the webhook answered ${response.status}`, {
      code: 'webhook',
      canRetry: response.status >= 500 || response.status === 429 || response.status === 408,
    });
  }
}
