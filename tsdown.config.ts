import { defineConfig } from 'tsdown';
import { licenses } from './scripts/build/licenses.ts';

/** Of libdeflate, only what is compiled is used. */
const LIBDEFLATE = 'node_modules/libdeflate/dist/libdeflate.wasm.mjs';

const common = { platform: 'node', target: 'node20.19', sourcemap: false } as const;

export default defineConfig([
  {
    ...common,
    entry: { cli: 'src/cli/main.ts' },
    outDir: 'dist/program',
    // CommonJS, and one file (`program`) for all that a build needs: every file and every ES module costs start-up time,
    // and start-up is most of a build that is cached.
    format: 'cjs',
    minify: true,
    dts: false,
    // Read at run time, beside the program.
    copy: ['src/debian/keyring', 'src/report/page/assets', LIBDEFLATE],
    plugins: [licenses([LIBDEFLATE])],
    outputOptions: {
      chunkFileNames: ({ name }) => (name === 'program' ? 'program.cjs' : '[name]-[hash].cjs'),
      advancedChunks: { groups: [{ name: 'program', test: /src\/cli\/(main|commands\/build)\.ts$/ }] },
    },
    outExtensions: () => ({ js: '.cjs' }),
  },
  {
    ...common,
    // The second is for the build alone: see scripts/build.mjs.
    entry: { start: 'src/cli/start.ts', 'small-program': 'scripts/build/small-program.ts' },
    outDir: 'dist/start',
    format: 'cjs',
    dts: false,
    outExtensions: () => ({ js: '.cjs' }),
  },
  {
    ...common,
    entry: { index: 'src/index.ts' },
    outDir: 'dist/library',
    format: 'esm',
    dts: true,
    copy: [LIBDEFLATE],
    plugins: [licenses([LIBDEFLATE])],
    outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
  },
]);
