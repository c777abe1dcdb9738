// Writes .oxlintrc.json from config/layers.json, so that the import table stands in one place.
// `node scripts/lint-rules.mjs --check` says whether the file is up to date (test/boundaries.test.ts runs it).
import { readFileSync, writeFileSync } from 'node:fs';

const layers = JSON.parse(readFileSync(new URL('../config/layers.json', import.meta.url), 'utf8'));
const apps = ['ingestor', 'runner', 'dashboard', 'cli'];
const names = Object.keys(layers.packages);
const io = [
  'fs',
  'fs/promises',
  'net',
  'http',
  'https',
  'child_process',
  'worker_threads',
  'os',
  'dgram',
  'timers',
  'timers/promises',
];

/** Functions that open the file they are given; `stat`, `rename` and `rm` do not. */
const opening = [
  'open',
  'openSync',
  'openAsBlob',
  'readFile',
  'readFileSync',
  'writeFile',
  'writeFileSync',
  'appendFile',
  'appendFileSync',
  'copyFile',
  'copyFileSync',
  'cp',
  'cpSync',
  'truncate',
  'truncateSync',
  'createReadStream',
  'createWriteStream',
  'default',
  'promises',
];

/** Rules of the sources that name a database file: closing one that was opened by other means drops the engine's lock. */
function databaseFileRules(glob) {
  const { paths, patterns } = restrictions(glob.split('/')[1]);
  const message = 'this file names database files: opening and closing one outside the engine drops its lock';
  const fs = ['node:fs', 'node:fs/promises'].map((name) => ({ name, importNames: opening, message }));
  return {
    files: [glob],
    rules: { 'no-restricted-imports': ['error', { paths: [...paths, ...fs], patterns }] },
  };
}

function restrictions(name) {
  const allowed = new Set([...layers.packages[name], name]);
  const patterns = [
    {
      group: names.filter((other) => !allowed.has(other)).map((other) => `@tickwright/${other}`),
      message: `${name} may import only: ${layers.packages[name].join(', ') || 'no other part'} (config/layers.json)`,
    },
    { group: ['@tickwright/*/*'], message: 'import a package by its name, not its inside' },
  ];
  const paths = Object.entries(layers.onlyImporter)
    .filter(([, owner]) => owner !== name)
    .map(([library, owner]) => ({ name: library, message: `only libs/${owner} imports ${library}` }));
  if (layers.pure.includes(name)) {
    paths.push(
      ...io.map((module) => ({ name: `node:${module}`, message: `${name} is pure: no IO and no clock` })),
    );
  }
  return { paths, patterns };
}

const config = {
  $schema: './node_modules/oxlint/configuration_schema.json',
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise', 'node'],
  categories: { correctness: 'error', suspicious: 'warn' },
  rules: {
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/no-unsafe-type-assertion': 'off',
    'import/no-default-export': 'error',
    'no-await-in-loop': 'off',
    'no-underscore-dangle': 'off',
    'no-shadow': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'import/no-named-as-default-member': 'off',
    'import/no-unassigned-import': 'off',
    eqeqeq: 'error',
  },
  ignorePatterns: ['**/dist/**', '.nx/**', 'data/**'],
  overrides: [
    { files: ['config/*.ts', 'apps/*/vite.config.ts'], rules: { 'import/no-default-export': 'off' } },
    ...names.map((name) => ({
      files: [`${apps.includes(name) ? 'apps' : 'libs'}/${name}/src/**`],
      rules: { 'no-restricted-imports': ['error', restrictions(name)] },
    })),
    ...layers.databaseFiles.named.map(databaseFileRules),
    {
      files: layers.databaseFiles.named.map((glob) => glob.replace(/\*?\.ts$/, '*.test.ts')),
      rules: { 'no-restricted-imports': 'off' },
    },
    // Tests may bring a load or a server that the part itself must not know.
    {
      files: ['libs/market/src/**/*.test.ts', 'libs/strategies/src/readme.test.ts'],
      rules: { 'no-restricted-imports': 'off' },
    },
  ],
};

const file = new URL('../.oxlintrc.json', import.meta.url);
const text = `${JSON.stringify(config, null, 2)}\n`;
if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== text) {
    console.error('.oxlintrc.json differs from config/layers.json: run node scripts/lint-rules.mjs');
    process.exit(1);
  }
} else writeFileSync(file, text);
