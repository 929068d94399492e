/**
 * Builds the chat in a cell from the panel's sources: one ES module and one style sheet, which the Python package carries. Preact
 * stands in for React here: the module travels with every widget and every notebook that keeps one. `--check` builds elsewhere and
 * only says whether what the package carries is current (exit 1).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rspack } from '@rspack/core';

const HERE = dirname(fileURLToPath(import.meta.url));
const PACKAGED = join(HERE, '../jupyter_crush/notebook/view');
const isCheck = process.argv.includes('--check');
const TARGET = isCheck ? mkdtempSync(join(tmpdir(), 'crush-widget-')) : PACKAGED;
const FILES = ['chat.js', 'chat.css', 'LICENSES.txt'];
const LICENSES = ['marked/LICENSE.md', 'preact/LICENSE'];
const SHARED = ['code.css', 'asking.css', 'controls.css'];
/** What JupyterLab's variables are where there is no JupyterLab. */
const FALLBACKS = {
  'border-color0': '#757575',
  'border-color1': '#bdbdbd',
  'border-color2': '#d0d0d0',
  'border-radius': '2px',
  'brand-color0': '#0d47a1',
  'brand-color1': '#1976d2',
  'code-font-family': 'monospace',
  'code-font-size': '12px',
  'content-font-color1': 'inherit',
  'content-font-color2': 'gray',
  'content-font-family': 'sans-serif',
  'content-link-color': '#1976d2',
  'elevation-z2': 'none',
  'error-color1': '#c62828',
  'layout-color0': 'transparent',
  'layout-color1': 'transparent',
  'layout-color2': 'rgb(128 128 128 / 15%)',
  'success-color1': '#2e7d32',
  'ui-font-color0': 'inherit',
  'ui-font-color1': 'inherit',
  'ui-font-color2': 'gray',
  'ui-font-family': 'sans-serif',
  'ui-font-size0': '11px',
  'ui-font-size1': '13px',
  'ui-inverse-font-color0': 'white'
};

function style(name) {
  return readFileSync(join(HERE, 'style', name), 'utf8');
}

/** The panel's rules inside the chat, then the chat's own. */
function styles() {
  const shared = SHARED.map(style).join('\n').replaceAll('.jcr-Panel ', '& ');
  const own = `.crush-chat {\n${shared}}\n${style('widget.css')}`;
  return compact(own).replaceAll(/var\(--jp-([\w-]+)\)/g, (variable, name) => {
    if (!(name in FALLBACKS)) {
      throw new Error(`${variable} has no fallback in build_widget.mjs`);
    }
    return `var(--jp-${name}, ${FALLBACKS[name]})`;
  });
}

function compact(css) {
  return css.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/\s+/g, ' ');
}

/** Of those whose code is in the module. */
function licenses() {
  return LICENSES.map(path => `${path}\n\n${readFileSync(join(HERE, 'node_modules', path), 'utf8')}`).join('\n');
}

const compiler = rspack({
  mode: 'production',
  context: HERE,
  target: ['web', 'es2022'],
  entry: './src/widget/index.tsx',
  devtool: false,
  output: { path: TARGET, filename: 'chat.js', module: true, library: { type: 'module' }, chunkFormat: 'module' },
  experiments: { outputModule: true },
  resolve: {
    extensions: ['.ts', '.tsx', '.mjs', '.js'],
    alias: {
      'react/jsx-runtime': 'preact/jsx-runtime',
      'react-dom/client': 'preact/compat/client',
      react: 'preact/compat'
    }
  },
  module: {
    rules: [
      {
        test: /\.tsx?$/,
        loader: 'builtin:swc-loader',
        options: {
          jsc: {
            target: 'es2022',
            parser: { syntax: 'typescript', tsx: true },
            transform: { react: { runtime: 'automatic' } }
          }
        }
      },
      // Nothing in this module parses HTML, whatever it is asked for: what a component would set as markup is set as text.
      { test: /node_modules\/preact\/.*js$/, use: [join(HERE, 'without_html.cjs')] }
    ]
  }
});

function read(folder, name) {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    return null; // not built
  }
}

/** Name what the package carries and the sources would not make. */
function check() {
  const stale = FILES.filter(name => read(PACKAGED, name) !== read(TARGET, name));
  rmSync(TARGET, { recursive: true });
  stale.forEach(name => console.error(`${join(PACKAGED, name)} is stale: run npm run build:widget`));
  process.exitCode = stale.length ? 1 : 0;
}

compiler.run((error, stats) => {
  if (error || stats.hasErrors()) {
    console.error(error ?? stats.toString('errors-only'));
    process.exitCode = 1;
  } else {
    writeFileSync(join(TARGET, 'chat.css'), styles());
    writeFileSync(join(TARGET, 'LICENSES.txt'), licenses());
    if (isCheck) {
      check();
    }
  }
  compiler.close(() => undefined);
});
