import { element } from '../dom/element.ts';
import type { Child } from '../dom/element.ts';

/** A titled box of a page. */
export function panel(
  title: string,
  options: { id: string; class?: string; tools?: readonly Child[] },
  ...content: Child[]
): HTMLElement {
  const { id, tools = [] } = options;
  return element(
    'section',
    { class: `panel ${options.class ?? ''}`.trim(), 'aria-labelledby': `${id}-title` },
    element(
      'header',
      { class: 'panel-head' },
      element('h2', { id: `${id}-title` }, title),
      tools.length === 0 ? null : element('div', { class: 'panel-tools' }, ...tools),
    ),
    element('div', { class: 'panel-body', id }, ...content),
  );
}

/** Names with their values, side by side. */
export function factList(
  rows: readonly (readonly [name: string, value: Child, tone?: string | undefined])[],
): HTMLElement {
  const list = element('dl', { class: 'fact-list' });
  for (const [name, value, tone] of rows)
    list.append(element('dt', {}, name), element('dd', { 'data-tone': tone }, value));
  return list;
}
