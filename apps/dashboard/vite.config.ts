import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';

const root = join(import.meta.dirname, 'src');

/** What every page has: the shell stands in the HTML, so that something is seen before any script runs. */
function shell(): Plugin {
  return {
    name: 'shell',
    transformIndexHtml: {
      order: 'pre',
      handler: (html) => {
        const part = (name: string): string => readFileSync(join(root, 'shell', name), 'utf8');
        return html.replace('<!-- head -->', part('head.html')).replace('<!-- shell -->', part('shell.html'));
      },
    },
  };
}

// Each page is an HTML file of its own; what they share becomes shared files.
export default defineConfig({
  root,
  base: '/',
  plugins: [shell()],
  resolve: { conditions: ['@tickwright/source', 'browser', 'module', 'import', 'default'] },
  build: {
    outDir: join(import.meta.dirname, 'dist'),
    emptyOutDir: true,
    target: 'es2022',
    // The policy allows no data: addresses and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: readdirSync(root)
        .filter((name) => name.endsWith('.html'))
        .map((name) => join(root, name)),
    },
  },
});
