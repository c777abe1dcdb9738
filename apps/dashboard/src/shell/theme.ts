import { byId } from '../dom/element.ts';

type Choice = 'system' | 'light' | 'dark';
const KEY = 'tickwright.theme';
const NEXT: Readonly<Record<Choice, Choice>> = { system: 'dark', dark: 'light', light: 'system' };
const SIGNS: Readonly<Record<Choice, string>> = { system: '◐', dark: '●', light: '○' };

const listeners = new Set<() => void>();
/** As computed for the theme of now: computing one costs a look at all styles. */
const colors = new Map<string, string>();

/** Charts paint themselves and must hear of a change of theme. */
export function onThemeChange(listener: () => void): void {
  listeners.add(listener);
}

/** A colour of the style sheet, for what is painted on a canvas. */
export function themeColor(name: string): string {
  let color = colors.get(name);
  if (color === undefined) {
    color = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    colors.set(name, color);
  }
  return color;
}

function choice(): Choice {
  const kept = localStorage.getItem(KEY);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

export function startTheme(): void {
  const button = byId('theme');
  const show = (): void => {
    const now = choice();
    if (now === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = now;
    button.textContent = SIGNS[now];
    button.setAttribute('aria-label', `Theme: ${now}. Switch to ${NEXT[now]}`);
    button.title = `Theme: ${now}`;
    colors.clear();
    for (const listener of listeners) listener();
  };
  button.addEventListener('click', () => {
    const next = NEXT[choice()];
    if (next === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
    show();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
  show();
}
