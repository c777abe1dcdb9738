import { element, setText, toggleAttribute } from '../dom/element.ts';

export interface Stat {
  readonly id: string;
  readonly title: string;
  readonly value: string;
  readonly detail?: string;
  readonly tone?: string | undefined;
}

/** Figures in a row. Their elements stay; only texts change. */
export class StatTiles {
  readonly element = element('dl', { class: 'tiles' });
  readonly #tiles = new Map<string, { value: HTMLElement; detail: HTMLElement }>();

  show(stats: readonly Stat[]): void {
    for (const stat of stats) {
      let tile = this.#tiles.get(stat.id);
      if (tile === undefined) {
        tile = {
          value: element('dd', { class: 'tile-value' }),
          detail: element('dd', { class: 'tile-detail' }),
        };
        this.#tiles.set(stat.id, tile);
        this.element.append(
          element('div', { class: 'tile' }, element('dt', {}, stat.title), tile.value, tile.detail),
        );
      }
      setText(tile.value, stat.value);
      setText(tile.detail, stat.detail ?? '');
      toggleAttribute(tile.value, 'data-tone', stat.tone);
    }
  }
}
