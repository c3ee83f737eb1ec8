import { defineConfig } from 'tsdown';

const common = { platform: 'node', target: 'node20.19', sourcemap: false } as const;

export default defineConfig([
  {
    ...common,
    entry: { cli: 'src/cli/main.ts' },
    outDir: 'dist/program',
    // CommonJS, and one file for all that a build needs: every file and every ES module costs start-up time, and start-up
    // is most of a build that is cached.
    format: 'cjs',
    minify: true,
    dts: false,
    // Read at run time, beside the program.
    copy: ['src/debian/keyring', 'src/report/page/assets'],
    outputOptions: {
      advancedChunks: {
        groups: [
          { name: 'shell', test: /src\/(errors|cli\/io|cli\/version|cli\/format\/error)\.ts$/, priority: 1 },
          { name: 'build', test: /src\/cli\/commands\/build\.ts$/ },
        ],
      },
    },
    outExtensions: () => ({ js: '.cjs' }),
  },
  {
    ...common,
    entry: { index: 'src/index.ts' },
    outDir: 'dist/library',
    format: 'esm',
    dts: true,
    outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
  },
]);
