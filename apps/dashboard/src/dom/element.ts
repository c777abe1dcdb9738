export type Child = Node | string | number | null | undefined;

/** Attributes by name; `on` has listeners. Text goes in as text, never as markup: what venues and users call things stays harmless. */
export interface Attributes {
  readonly [name: string]: string | number | boolean | undefined | Listeners;
  readonly on?: Listeners;
}

type Listeners = Readonly<Record<string, (event: never) => void>>;

/** Makes an element with attributes and children. `true` sets an attribute, `false` and undefined leave it out. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  apply(made, attributes);
  append(made, children);
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';

export function svgElement<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS(SVG, tag);
  apply(made, attributes);
  append(made, children);
  return made;
}

function apply(target: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'object') {
      for (const [event, listener] of Object.entries(value))
        target.addEventListener(event, listener as EventListener);
    } else target.setAttribute(name, value === true ? '' : String(value));
  }
}

function append(target: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === '') continue;
    target.append(typeof child === 'number' ? String(child) : child);
  }
}

/** The element of a page's HTML with this id. Throws when the page has none: then page and script do not belong together. */
export function byId<Type extends HTMLElement = HTMLElement>(id: string): Type {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element with the id "${id}"`);
  return found as Type;
}

/** Sets an element's text when it differs: writing the same text again would cost a layout. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Replaces an element's children. */
export function fill(target: Element, ...children: readonly Child[]): void {
  target.replaceChildren();
  append(target, children);
}

export function toggleAttribute(target: Element, name: string, value: string | undefined): void {
  if (value === undefined) target.removeAttribute(name);
  else if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}
