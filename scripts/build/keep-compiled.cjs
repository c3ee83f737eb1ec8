/** Runs the program with these arguments, and when it ends keeps what V8 has compiled of it. */
const { writeFileSync } = require('node:fs');
const { COMPILED, start } = require('../../dist/start/start.cjs');

const script = start();
process.on('exit', (status) => {
  if (status === 0) writeFileSync(COMPILED, script.createCachedData());
});
