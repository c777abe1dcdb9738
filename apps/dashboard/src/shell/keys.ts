import { byId, element } from '../dom/element.ts';

export interface Key {
  /** As KeyboardEvent.key has it. */
  readonly key: string;
  /** What it does, for the list of keys. */
  readonly does: string;
  readonly run: (event: KeyboardEvent) => void;
}

const keys: Key[] = [];

/** Adds keys of a page; they work while no field is being typed in. */
export function addKeys(...added: readonly Key[]): void {
  keys.push(...added);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target instanceof HTMLInputElement ||
      target instanceof HTMLTextAreaElement ||
      target instanceof HTMLSelectElement)
  );
}

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isTyping(event.target) || document.querySelector('dialog[open]') !== null) return;
  // A button or a link takes Enter and the space bar for itself.
  const isOwn = event.key === 'Enter' || event.key === ' ';
  if (isOwn && event.target instanceof Element && event.target.closest('button, a, summary') !== null) return;
  const found = keys.find((each) => each.key === event.key);
  if (found === undefined) return;
  event.preventDefault();
  found.run(event);
}

function help(): HTMLDialogElement {
  const list = element('dl', { class: 'key-list' });
  for (const { key, does } of keys)
    list.append(element('dt', {}, element('kbd', {}, key)), element('dd', {}, does));
  const dialog = element(
    'dialog',
    { class: 'help', 'aria-labelledby': 'help-title' },
    element('h2', { id: 'help-title' }, 'Keys'),
    list,
    element('form', { method: 'dialog' }, element('button', { class: 'button' }, 'Close')),
  );
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  return dialog;
}

export function startKeys(): void {
  document.addEventListener('keydown', onKey);
  const show = (): void => help().showModal();
  byId('help-open').addEventListener('click', show);
  addKeys({ key: '?', does: 'This list', run: show });
}
