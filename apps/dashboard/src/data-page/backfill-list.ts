import { ApiError, messageOf } from '../api/api-error.ts';
import { backfills, startBackfill } from '../api/backfills.ts';
import type { Backfill, BackfillSpan } from '../api/backfills.ts';
import { readToken } from '../api/token.ts';
import { element, fill } from '../dom/element.ts';
import { dateAndTime } from '../format/times.ts';
import { zone } from '../shell/clock.ts';
import { demandChange } from '../shell/command-dialog.ts';

const TONES: Readonly<Record<string, string>> = { failed: 'bad', running: 'warn', succeeded: 'up' };

/** Backfills that were asked for, with how far they have come. */
export class BackfillList {
  readonly element = element('div', { class: 'backfills', 'aria-live': 'polite' });
  readonly #onEnded: () => void;
  #note = '';
  #shown: readonly Backfill[] = [];

  constructor(onEnded: () => void) {
    this.#onEnded = onEnded;
    this.#show();
  }

  get isAnyRunning(): boolean {
    return this.#shown.some(({ state }) => state === 'running');
  }

  async load(): Promise<void> {
    const before = new Set(this.#shown.filter(({ state }) => state === 'running').map(({ id }) => id));
    this.#shown = await backfills();
    this.#show();
    if (this.#shown.some(({ id, state }) => state !== 'running' && before.has(id))) this.#onEnded();
  }

  /** One click where this tab has the token, otherwise it is asked for first. */
  async ask(span: BackfillSpan): Promise<void> {
    if (readToken() === undefined) return this.#demand(span);
    this.#tell(`Backfill of ${span.instrument} asked for…`);
    try {
      const { isKnown } = await startBackfill(span);
      this.#tell(isKnown ? `A backfill of ${span.instrument} was under way already.` : '');
      await this.load();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return this.#demand(span);
      this.#tell(`${span.instrument}: ${messageOf(error)}`);
    }
  }

  #demand(span: BackfillSpan): void {
    const { instrument, fromMicros, toMicros } = span;
    this.#tell('');
    demandChange({
      title: `Backfill ${instrument}?`,
      detail: `Jobs ask the venue's history for what is missing, from ${dateAndTime(fromMicros / 1_000, zone())} to ${toMicros === undefined ? 'now' : dateAndTime(toMicros / 1_000, zone())}. What is stored already is not doubled.`,
      verb: 'Backfill',
      path: 'ingestor/backfill',
      body: { instrument, from: fromMicros, ...(toMicros === undefined ? {} : { to: toMicros }) },
      onDone: () => void this.load(),
    });
  }

  #tell(note: string): void {
    this.#note = note;
    this.#show();
  }

  #show(): void {
    fill(
      this.element,
      this.#note === '' ? null : element('p', { role: 'status' }, this.#note),
      this.#shown.length === 0
        ? element(
            'p',
            { class: 'empty' },
            'Nothing was asked for by hand. “Backfill” at a gap or a day asks the venue for what is missing; gaps that can be filled are filled without it.',
          )
        : element('ul', { class: 'tree' }, ...this.#shown.map(item)),
    );
  }
}

function item({ id, instrument, state, askedMicros, done, total, reason }: Backfill): HTMLElement {
  const isRunning = state === 'running';
  const text = isRunning
    ? `${Math.floor(done)} of ${total} jobs`
    : `${total} ${total === 1 ? 'job' : 'jobs'}, asked for ${dateAndTime(askedMicros / 1_000, zone())}`;
  return element(
    'li',
    { 'data-run': id, 'data-state': state },
    element('b', {}, instrument),
    ' ',
    element('span', { 'data-tone': TONES[state] ?? 'muted' }, state),
    ' ',
    isRunning
      ? element('progress', {
          max: Math.max(1, total),
          value: done,
          'aria-label': `Progress of the backfill of ${instrument}`,
        })
      : null,
    element('span', { class: 'muted' }, ` ${text}${reason === '' ? '' : `; ${reason}`}`),
  );
}
