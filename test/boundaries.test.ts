import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const layers: {
  packages: Record<string, string[]>;
  onlyImporter: Record<string, string>;
  databaseFiles: { named: string[]; checked: string[]; attached: string[] };
} = JSON.parse(readFileSync(join(root, 'config/layers.json'), 'utf8'));
const projects = ['libs', 'apps'].flatMap((group) =>
  readdirSync(join(root, group))
    .filter((name) => existsSync(join(root, group, name, 'package.json')))
    .map((name) => ({ name, folder: join(root, group, name) })),
);
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** The packages of ours and the libraries that a project's sources import. */
function importsOf(folder: string): { file: string; specifier: string }[] {
  const files = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|-fixture\.ts$|^testing\//.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(folder, 'src', file), 'utf8');
      const found = text.matchAll(
        /^(?:import|export)[^;]*?from\s+'([^'.][^']*)'|\bimport\(\s*'([^'.][^']*)'|^import\s+'([^'.][^']*)'/gm,
      );
      return [...found].map((match) => ({
        file: `${folder}/src/${file}`,
        specifier: match[1] ?? match[2] ?? match[3] ?? '',
      }));
    });
}

test('every project stands in the import table, and every package it names as a dependency is allowed there', () => {
  for (const { name, folder } of projects) {
    const allowed = layers.packages[name];
    expect(allowed, `${name} is missing in config/layers.json`).toBeDefined();
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const named = Object.keys(manifest.dependencies ?? {}).filter((key) => key.startsWith('@tickwright/'));
    for (const dependency of named)
      expect(allowed, `${name} depends on ${dependency}`).toContain(dependency.slice(12));
  }
});

test('sources import only packages that their package.json declares, and no library that another part owns', () => {
  for (const { name, folder } of projects) {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const declared = new Set(Object.keys(manifest.dependencies ?? {}));
    for (const { file, specifier } of importsOf(folder)) {
      if (specifier.startsWith('node:')) continue;
      const parts = specifier.split('/');
      const library = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
      expect(declared.has(library), `${file} imports ${specifier}, undeclared in ${name}/package.json`).toBe(
        true,
      );
      const owner = layers.onlyImporter[library];
      expect(
        owner === undefined || owner === name,
        `${file} imports ${library}, which only ${owner} may`,
      ).toBe(true);
    }
  }
});

test('the dependency graph that Nx reads from the sources stays inside the import table', () => {
  const file = join(tmpFolder(), 'graph.json');
  execFileSync(process.execPath, [join(root, 'node_modules/nx/dist/bin/nx.js'), 'graph', `--file=${file}`], {
    cwd: root,
    env: { ...process.env, NX_DAEMON: 'false' },
    stdio: 'pipe',
  });
  const graph: { graph: { dependencies: Record<string, { target: string }[]> } } = JSON.parse(
    readFileSync(file, 'utf8'),
  );
  let edges = 0;
  for (const [source, targets] of Object.entries(graph.graph.dependencies)) {
    const name = source.replace('@tickwright/', '');
    if (!(name in layers.packages)) continue;
    for (const { target } of targets) {
      if (!target.startsWith('@tickwright/')) continue;
      edges += 1;
      expect(layers.packages[name], `${source} → ${target}`).toContain(target.slice(12));
    }
  }
  expect(edges).toBeGreaterThan(10);
});

test('the lint configuration is the one that the import table gives', () => {
  const done = spawnSync(process.execPath, [join(root, 'scripts/lint-rules.mjs'), '--check'], {
    encoding: 'utf8',
  });
  expect(done.stderr).toBe('');
  expect(done.status).toBe(0);
});

test('the linter catches a forbidden import made on purpose, in a lib and in a pure lib', () => {
  const folder = tmpFolder();
  cpSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  write(
    folder,
    'libs/journal/src/reach.ts',
    "import { openTickFile } from '@tickwright/store';\nopenTickFile;\n",
  );
  write(folder, 'libs/market/src/reach.ts', "import { readFileSync } from 'node:fs';\nreadFileSync;\n");
  write(folder, 'libs/venues/src/fine.ts', "import { TickBatch } from '@tickwright/market';\nTickBatch;\n");
  const done = spawnSync(join(root, 'node_modules/.bin/oxlint'), ['--format=json'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const report: { diagnostics: { code: string; filename: string }[] } = JSON.parse(done.stdout);
  const caught = report.diagnostics
    .filter((each) => each.code.includes('no-restricted-imports'))
    .map((each) => each.filename);
  expect(caught.sort()).toEqual(['libs/journal/src/reach.ts', 'libs/market/src/reach.ts']);
  expect(done.status).not.toBe(0);
});

/** Lines of our sources that match, comments and tests aside, as `file: line`. */
function sourceLines(pattern: RegExp): { file: string; line: string }[] {
  return projects.flatMap(({ folder }) =>
    readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|-fixture\.ts$|^testing\//.test(file))
      .flatMap((file) => {
        const path = relative(root, join(folder, 'src', file));
        const lines = readFileSync(join(root, path), 'utf8').split('\n');
        return lines
          .filter((line) => !/^\s*(\/\/|\/?\*)/.test(line) && pattern.test(line))
          .map((line) => ({ file: path, line: line.trim() }));
      }),
  );
}

function outside(found: readonly { file: string; line: string }[], globs: readonly string[]): string[] {
  return found
    .filter(
      ({ file }) => !file.startsWith('libs/database/') && !globs.some((glob) => matchesGlob(file, glob)),
    )
    .map(({ file, line }) => `${file}: ${line}`);
}

/** The few forms that layers.json uses. */
function matchesGlob(file: string, glob: string): boolean {
  if (glob.endsWith('/**')) return file.startsWith(glob.slice(0, -2));
  const [head = '', tail = ''] = glob.split('*');
  if (!glob.includes('*')) return file === glob;
  return file.startsWith(head) && file.endsWith(tail) && !file.slice(head.length, -tail.length).includes('/');
}

test('only the sources listed for it name a database file by its path', () => {
  const named = sourceLines(/\.duckdb\b/);
  expect(named.length).toBeGreaterThan(3);
  const { named: allowed, checked } = layers.databaseFiles;
  expect(outside(named, [...allowed, ...checked])).toEqual([]);
});

test('only the sources listed for it attach a database, and none reads one as a file by SQL', () => {
  const { attached, checked } = layers.databaseFiles;
  expect(outside(sourceLines(/\bATTACH\b|\bCOPY FROM DATABASE\b/), [...attached, ...checked])).toEqual([]);
  expect(outside(sourceLines(/\bread_(?:blob|text)\s*\(|\bEXPORT DATABASE\b/), [])).toEqual([]);
});

test('the linter catches a source that names database files and opens one', () => {
  const folder = tmpFolder();
  cpSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  const named = 'libs/store/src/tick-storage/size.ts';
  write(folder, named, "import { stat, copyFile } from 'node:fs/promises';\nstat, copyFile;\n");
  write(folder, 'libs/store/src/tick-storage/fine.ts', "import { stat } from 'node:fs/promises';\nstat;\n");
  write(folder, 'libs/store/src/files/fine.ts', "import { open } from 'node:fs/promises';\nopen;\n");
  const reach = 'libs/store/src/tick-storage/reach.ts';
  write(folder, reach, "import { openJournal } from '@tickwright/journal';\nopenJournal;\n");
  const done = spawnSync(join(root, 'node_modules/.bin/oxlint'), ['--format=json'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const report: { diagnostics: { code: string; filename: string }[] } = JSON.parse(done.stdout);
  const caught = report.diagnostics.filter((each) => each.code.includes('no-restricted-imports'));
  expect(caught.map((each) => each.filename).sort()).toEqual([reach, named]);
});

test('the top level holds what the design names and nothing else', () => {
  const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n');
  const top = new Set(tracked.filter((file) => file !== '').map((file) => file.split('/')[0]));
  const visible = [...top].filter((name) => name !== undefined && !name.startsWith('.')).sort();
  expect(visible).toEqual(
    [
      'LICENSE',
      'README.md',
      'apps',
      'config',
      'libs',
      'nx.json',
      'package-lock.json',
      'package.json',
      'scripts',
      'test',
      'tsconfig.base.json',
    ].sort(),
  );
});

function tmpFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tickwright-boundaries-'));
  folders.push(folder);
  return folder;
}

function write(folder: string, file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}
