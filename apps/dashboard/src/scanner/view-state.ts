import type { Sort } from '../table/column.ts';
import { PRESETS, presetOf } from './presets.ts';
import type { Preset } from './presets.ts';

/** What is looked at: all of it stands in the address, so that it can be kept as a bookmark and survives a reload. */
export interface ViewState {
  readonly preset: string;
  readonly text: string;
  /** Name of a watchlist; empty for none. */
  readonly list: string;
  /** Chosen by the user; otherwise the preset's. */
  readonly sort: Sort | undefined;
  readonly selected: string | undefined;
}

/** A wrong address gives the nearest right view, never an error. */
export function readViewState(search: string, columns: readonly string[]): ViewState {
  const parameters = new URLSearchParams(search);
  const preset = parameters.get('preset') ?? '';
  const sort = parameters.get('sort') ?? '';
  const column = sort.replace(/^-/, '');
  return {
    preset: presetOf(preset) === undefined ? 'all' : preset,
    text: (parameters.get('q') ?? '').slice(0, 100),
    list: (parameters.get('list') ?? '').slice(0, 100),
    sort: columns.includes(column)
      ? { column, direction: sort.startsWith('-') ? 'descending' : 'ascending' }
      : undefined,
    selected: parameters.get('row') ?? undefined,
  };
}

export function viewAddress(view: ViewState): string {
  const parameters = new URLSearchParams();
  if (view.preset !== 'all') parameters.set('preset', view.preset);
  if (view.text !== '') parameters.set('q', view.text);
  if (view.list !== '') parameters.set('list', view.list);
  if (view.sort !== undefined)
    parameters.set('sort', `${view.sort.direction === 'descending' ? '-' : ''}${view.sort.column}`);
  if (view.selected !== undefined) parameters.set('row', view.selected);
  const text = parameters.toString();
  return text === '' ? location.pathname : `${location.pathname}?${text}`;
}

export function effectivePreset(view: ViewState): Preset {
  return presetOf(view.preset) ?? (PRESETS[0] as Preset);
}

export function effectiveSort(view: ViewState): Sort {
  return view.sort ?? effectivePreset(view).sort;
}
