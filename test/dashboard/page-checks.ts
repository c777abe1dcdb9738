import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { hasBrowser } from './browser-fixture.ts';

const AXE = hasBrowser
  ? readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  : '';

/** Violations that axe calls serious or critical, with where they are; of its rules by name where they are told. */
export async function seriousViolations(page: Page, rules?: readonly string[]): Promise<string[]> {
  await page.evaluate(`window.axe === undefined && (() => { ${AXE}\n })()`);
  const only = rules === undefined ? '' : `, runOnly: ${JSON.stringify(rules)}`;
  return page.evaluate(`axe.run(document, { resultTypes: ['violations']${only} }).then(({ violations }) =>
    violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html, any }) => html.slice(0, 120) + ' ' + (any[0]?.message ?? '')).join(' | ')))`);
}

/** Elements that reach beyond the page or beyond their own boxes, where nothing scrolls or cuts them. */
export async function overflows(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const name = (element: Element): string =>
      `${element.tagName.toLowerCase()}${element.id === '' ? '' : `#${element.id}`}.${element.className.toString()} "${(element.textContent ?? '').slice(0, 40)}"`;
    const isCut = (element: Element): boolean => {
      for (
        let at: Element | null = element.parentElement;
        at !== null && at !== document.body;
        at = at.parentElement
      )
        if (getComputedStyle(at).overflowX !== 'visible') return true;
      return false;
    };
    const { scrollWidth } = document.documentElement;
    if (scrollWidth > innerWidth) found.push(`the page is ${scrollWidth} wide in a window of ${innerWidth}`);
    for (const element of document.querySelectorAll('body *')) {
      const box = element.getBoundingClientRect();
      if (box.width <= 1 || box.height <= 1 || isCut(element) || element.closest('svg') !== null) continue;
      const style = getComputedStyle(element);
      if (style.position === 'absolute' && box.bottom < 0) continue;
      if (box.right > innerWidth + 1 || box.left < -1) found.push(`${name(element)} lies outside the window`);
      const isBox = !['inline', 'contents', 'table-row', 'table-row-group'].includes(style.display);
      if (
        isBox &&
        style.overflowX === 'visible' &&
        element.scrollWidth > element.clientWidth + 1 &&
        element.clientWidth > 0
      )
        found.push(`${name(element)} is wider than its box`);
    }
    return found.slice(0, 10);
  });
}
