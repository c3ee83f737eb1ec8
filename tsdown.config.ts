import { defineConfig } from 'tsdown';

// One entry for the command line, split at its lazy imports so that start-up reads only what a command needs,
// and one for the library.
export default defineConfig({
  entry: { cli: 'src/cli/main.ts', index: 'src/index.ts' },
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minify: true,
  dts: true,
  sourcemap: false,
  clean: true,
  // Read at run time, beside the program.
  copy: ['src/debian/keyring'],
  outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
});
